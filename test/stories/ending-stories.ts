import { expect, vi } from 'vitest';
import type { World } from '#test/support/stack.ts';
import type { Account } from './account.ts';
import type { Order, Submitted } from './submit.ts';

/** One delivery from its order to its ending. */
export interface Story extends Order {
  /** What upstream does once the delivery is there. */
  meanwhile?: (world: World, submitted: Submitted) => Promise<void>;
  /** Whether this is as far as the story goes. */
  over: (account: Account) => boolean;
}

const LIVE = ['submitting', 'unknown', 'submitted', 'in_progress'];
const settled =
  (state: string) =>
  ({ row, attempts, callLogs, recordings, notifications }: Account) =>
    row['contact']?.state === state &&
    attempts.every((each) => !LIVE.includes(String(each['state']))) &&
    callLogs.every((each) => each['outcome'] !== undefined) &&
    notifications.every((each) => each['state'] === 'sent') &&
    recordings.every((each) => each['processing_status'] === 'completed');
const told =
  (state: string, kind: string) =>
  (account: Account): boolean =>
    settled(state)(account) && account.pushes.some(({ data }) => data.kind === kind);
const planned = (number: number) => (account: Account) =>
  account.attempts[number - 1] !== undefined &&
  account.attempts.every((attempt) => attempt['follow_up'] !== 'due') &&
  account.row['contact'].state === 'pending';

const WAIT = { timeout: 30_000, interval: 50 };
/** As upstream is told to: again after a 503. */
const cancel = (world: World, id: string, body: { call_in_progress: boolean }) =>
  vi.waitFor(async () => expect(await world.request('POST', `/v1/deliveries/${id}/cancel`)).toMatchObject({ status: 200, body }), WAIT);

export const SENTENCE = 'Please leave the parcel with my neighbour at number 4711, thank you.';

/** Every ending once, by its name. */
export const stories = {
  confirmed: { person: 'confirm', over: told('confirmed', 'confirmed') },
  instructions: {
    person: { scenario: 'instructions', say: SENTENCE, endsBy: 'pause' },
    fields: { package_details: { special_instructions: 'Fragile.' } },
    over: told('instructed', 'instructions'),
  },
  anotherTime: { person: 'another-time', preferences: { language: 'es' }, over: told('reschedule_requested', 'reschedule') },
  optedOut: { person: 'never-again', over: told('opted_out', 'opted_out') },
  hungUp: { person: 'hang-up', over: told('unreachable', 'not_reached') },
  silent: { person: 'silent', over: told('unreachable', 'not_reached') },
  voicemail: { person: 'voicemail', over: planned(2) },
  busy: { person: 'busy', over: planned(2) },
  noAnswer: { person: 'no-answer', over: planned(2) },
  failed: { person: 'failed', over: planned(2) },
  wrongNumber: { person: 'wrong-number', over: told('unreachable', 'not_reached') },
  reachedLater: { person: 'busy,confirm', over: told('confirmed', 'confirmed') },
  givenUp: { person: 'busy', fields: { max_retries: 1 }, over: told('unreachable', 'not_reached') },
  postponed: { person: 'confirm', hour: 22, over: planned(1) },
  cancelledPlanned: {
    person: 'confirm',
    hour: 22,
    meanwhile: async (world, { id }) => {
      await cancel(world, id, { call_in_progress: false });
    },
    over: told('cancelled', 'cancelled'),
  },
  cancelledInCall: {
    person: 'confirm',
    meanwhile: async (world, { id, phone }) => {
      const status = () => world.simulator.log.entries({ to: phone, kind: 'status' }).at(-1)?.['status'];
      await vi.waitUntil(() => status() === 'in-progress', WAIT);
      await cancel(world, id, { call_in_progress: true });
    },
    over: (account) => told('cancelled', 'cancelled')(account) && account.attempts[0]?.['state'] === 'finished',
  },
  smsOnly: { person: 'confirm', preferences: { contact_method: 'sms' }, over: told('not_permitted', 'not_reached') },
} satisfies Record<string, Story>;
export type Name = keyof typeof stories;
