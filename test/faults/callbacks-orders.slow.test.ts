import type { ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createRepositories } from '#src/db/repositories/repositories.ts';
import { HOUR } from '#src/platform/time.ts';
import { fromTwilio } from '#test/stories/from-twilio.ts';
import { testClock } from '#test/support/clock.ts';
import { figure } from '#test/support/figures.ts';
import { makers } from '#test/support/makers.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { documentsOf, insertedAt, permutations, type Message } from './orders.ts';

// Row 15, end to end: signed callbacks by HTTP to a real web process, worked by a real worker that is killed with -9 half-way. Nobody is
// dialed: the calls are in the ledger already, and only their events are worked.

/** All are told within half a minute, and decided when this is over: words that come after the end of a call are still waited for. */
const AHEAD_MS = 90_000;
const WAIT = { timeout: AHEAD_MS + 90_000, interval: 250 };
const SCALE = 300;
const AT_A_TIME = 12;
/** The call of a word that never came is decided after 10 s. */
const LATE = { timeout: 60_000, interval: 250 };

let world: World;
let clock: ReturnType<typeof testClock>;
let make: ReturnType<typeof makers>;
/** When every one of these calls was placed: the same for all, so that their documents can be compared. */
let placed: number;

const second = (seconds: number) => new Date(placed + seconds * 1000).toUTCString();
const status = (word: string, sequence: number, at: number, more: Record<string, string> = {}): Message => ({
  path: 'status',
  says: { CallStatus: word, SequenceNumber: String(sequence), Timestamp: second(at), ...more },
});
const amd = (word: string): Message => ({ path: 'amd', says: { AnsweredBy: word, MachineDetectionDuration: '3100' } });
const choice: Message = { path: 'choice', says: { Digits: '2' } };
const recording: Message = {
  path: 'recording',
  says: { RecordingStatus: 'completed', RecordingDuration: '12', RecordingChannels: '1' },
};
const completed = () => status('completed', 3, 40, { CallDuration: '34' });
const answered = () => [status('initiated', 0, 1), status('ringing', 1, 2), status('in-progress', 2, 6), completed()];

/** Every order in which the events of a call of this kind are told. */
const calls = (): Record<string, Message[][]> => ({
  // 24 orders of the call's own reports, with the recording before, between and after them; key and detection anywhere.
  'a message left': permutations(answered()).flatMap((order, n) =>
    Array.from({ length: 5 }, (_, position) => {
      const told = insertedAt(order, position, recording);
      return insertedAt(insertedAt(told, (n * 5 + position) % 6, choice), (n + position * 3) % 7, amd('human'));
    }),
  ),
  voicemail: permutations(answered()).map((order, n) => insertedAt(order, n % 5, amd('machine_start'))),
  'hung up': permutations(answered()).map((order, n) => insertedAt(order, n % 5, amd('human'))),
  busy: permutations([status('initiated', 0, 1), status('ringing', 1, 2), status('busy', 2, 9)]),
  'no answer': permutations([status('initiated', 0, 1), status('ringing', 1, 2), status('no-answer', 2, 32, { SipResponseCode: '487' })]),
  failed: permutations([status('initiated', 0, 1), status('failed', 1, 3, { SipResponseCode: '404' })]),
  cancelled: permutations([status('initiated', 0, 1), status('ringing', 1, 2), status('canceled', 2, 5)]),
});

interface Told {
  kind: string;
  attemptId: ObjectId;
  answers: number[];
}

beforeAll(async () => {
  world = await startWorld({ scale: SCALE, processes: ['web', 'worker'], env: { WORKER_QUEUES: 'call-event' } });
  placed = world.now().getTime() + AHEAD_MS * SCALE;
  clock = testClock(world.now());
  make = makers(world.db, clock);
}, 120_000);

/** Every call has a recording's SID of its own, as at Twilio. */
const send = async (attemptId: ObjectId, callSid: string, { path, says }: Message): Promise<number> => {
  const sids = { CallSid: callSid, ...(path === 'recording' ? { RecordingSid: callSid.replace('CA', 'RE') } : {}) };
  return (await fromTwilio(world, `/webhooks/twilio/${path}/${attemptId.toHexString()}`, { ...sids, ...says })).status;
};

/** Tells all of one call, some of it twice and at once. Twilio's answer to the dial, which binds the call's SID, comes anywhere in between. */
async function tell(kind: string, order: Message[], n: number): Promise<Told> {
  const delivery = await make.aDelivery({ contact: { state: 'contacting', attempt: 1 }, scheduled_time: new Date(placed + 8 * HOUR) });
  const attempt = await make.aPlannedAttempt({ state: 'submitting', epoch: 1, claimed_at: world.now() }, delivery);
  const callSid = `CA${attempt._id.toHexString().padStart(32, '0')}`;
  const { attempts } = createRepositories(world.db, clock);
  const answers: number[] = [];
  for (const [index, message] of order.entries()) {
    if (index === n % (order.length + 1)) await attempts.submitted(attempt._id, 1, callSid);
    const copies = (index + n) % 3 === 0 ? 2 : 1;
    answers.push(...(await Promise.all(Array.from({ length: copies }, () => send(attempt._id, callSid, message)))));
  }
  await attempts.submitted(attempt._id, 1, callSid);
  return { kind, attemptId: attempt._id, answers };
}

const settled = () =>
  vi.waitFor(async () => expect(await world.db.collection('webhookevents').countDocuments({ state: 'received' })).toBe(0), WAIT);

describe('row 15: the events of a call, told in every order', () => {
  const all: Told[] = [];

  beforeAll(async () => {
    const waiting = Object.entries(calls()).flatMap(([kind, orders]) => orders.map((order) => ({ kind, order })));
    const half = waiting.length / 2;
    let begun = 0;
    const teller = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        begun += 1;
        if (begun === Math.floor(half)) {
          const worker = world.stack.processes.find(({ name }) => name === 'worker');
          worker?.kill('SIGKILL');
          await worker?.exited;
          await world.stack.start('worker');
        }
        all.push(await tell(next.kind, next.order, begun));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, teller));
    await settled();
  }, 300_000);

  it('are all accepted', () => {
    expect(new Set(all.flatMap(({ answers }) => answers))).toEqual(new Set([204, 200]));
    figure(15, 'orders of a call’s events told by HTTP, copies among them', all.length);
  });

  it.each(['a message left', 'voicemail', 'hung up', 'busy', 'no answer', 'failed', 'cancelled'])(
    'end in identical documents: %s',
    async (kind) => {
      const documents = await Promise.all(all.filter((told) => told.kind === kind).map(({ attemptId }) => documentsOf(world, attemptId)));
      expect(documents.length).toBe(calls()[kind]?.length);
      for (const one of documents) expect(JSON.parse(one)).toEqual(JSON.parse(documents[0] ?? ''));
      figure(15, `different final documents of a call that was: ${kind} (${documents.length} orders)`, new Set(documents).size - 1);
    },
  );
});

it('row 15: who answered, told after its time: attempt, CallLog and delivery stay as they are, and agree', async () => {
  placed = world.now().getTime();
  const told = await Promise.all(permutations(answered().slice(1)).map((order, n) => tell('late', order, n)));
  const outcomeOf = async ({ attemptId }: Told) => (await world.db.collection('callattempts').findOne({ _id: attemptId }))?.['outcome'];
  await expect.poll(() => Promise.all(told.map(outcomeOf)), LATE).toEqual(told.map(() => 'hung_up'));
  await settled();
  const before = await Promise.all(told.map(({ attemptId }) => documentsOf(world, attemptId)));
  for (const { attemptId } of told)
    expect(await send(attemptId, `CA${attemptId.toHexString().padStart(32, '0')}`, amd('machine_start'))).toBe(204);
  await settled();
  expect(await Promise.all(told.map(({ attemptId }) => documentsOf(world, attemptId)))).toEqual(before);
  expect(new Set(before).size).toBe(1);
  expect(JSON.parse(before[0] ?? '')).toMatchObject({
    attempt: { outcome: 'hung_up', answered_by: 'unknown', follow_up: 'done' },
    callLog: { outcome: 'hung_up' },
    delivery: { contact: { state: 'unreachable', reason: 'hung_up' } },
  });
}, 120_000);
