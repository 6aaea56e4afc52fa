import { beforeAll, describe, expect, it } from 'vitest';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAttempt } from '#src/db/documents/attempt.ts';
import { newDelivery } from '#src/db/documents/delivery.ts';
import { newNotification } from '#src/db/documents/notification.ts';
import { newRecording } from '#src/db/documents/recording.ts';
import { newWebhookEvent } from '#src/db/documents/webhook-event.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
import type { AttemptState } from '#src/domain/vocabulary.ts';
import { HOUR } from '#src/platform/time.ts';
import { setup, type World } from '#test/support/world.ts';

let world: World;
let past: Date;
// Once: these tests only read, but for the last, which adds.
beforeAll(async () => {
  world = await setup();
  past = new Date(world.time.now().getTime() - HOUR);
  await fill();
});

const id = (n: number) => deterministicId('work', n);
const OVER = 300;
const OPEN = 3;

/** Three pieces of each kind of work, among many that are over. */
async function fill() {
  const now = past;
  const each = <Doc>(make: (n: number, open: boolean) => Doc) => Array.from({ length: OVER + OPEN }, (_, n) => make(n, n < OPEN));
  const put = (collection: string, documents: object[]) => world.db.collection(collection).insertMany(documents);
  const attempt = (n: number, state: AttemptState, more: object = {}) =>
    newAttempt(
      { _id: id(n), delivery_id: id(n), customer_id: id(n), number: 1, to_number: `+1${n}`, due_at: now, trace_id: 't', state, ...more },
      now,
    );
  const live = { claimed_at: now, unknown_at: now, submitted_at: now };
  await put('callattempts', [
    ...each((n, open) => attempt(n, open ? 'planned' : 'finished', live)),
    ...each((n, open) => attempt(1000 + n, open ? 'submitting' : 'finished', live)),
    ...each((n, open) => attempt(2000 + n, open ? 'unknown' : 'finished', live)),
    ...each((n, open) => attempt(3000 + n, open ? 'in_progress' : 'finished', live)),
    ...each((n, open) => attempt(4000 + n, 'finished', { follow_up: open ? 'due' : 'done' })),
    ...each((n, open) => attempt(5000 + n, 'finished', { recording: { state: open ? 'pending' : 'stored' } })),
  ]);
  const event = { kind: 'amd', attempt_id: id(1), call_sid: 'CA', occurred_at: now, received_at: now, data: {}, trace_id: 't' } as const;
  await put(
    'webhookevents',
    each((n, open) => newWebhookEvent({ ...event, _id: id(n), dedupe_key: `e${n}`, state: open ? 'received' : 'applied' })),
  );
  const recording = { delivery_id: id(1), audio_url: 'a', duration: 1 };
  await put(
    'recordings',
    each((n, open) =>
      newRecording({ ...recording, _id: id(n), call_log_id: id(n), processing_status: open ? 'processing' : 'completed' }, now),
    ),
  );
  const notification = { delivery_id: id(1), agent_id: id(1), kind: 'confirmed', title: 't', body: 'b', trace_id: 't' } as const;
  await put(
    'notifications',
    each((n, open) => newNotification({ ...notification, _id: id(n), key: `n${n}`, state: open ? 'pending' : 'sent' }, now)),
  );
  const delivery = {
    customer_id: id(1),
    address: 'a',
    coordinates: { type: 'Point' as const, coordinates: [1, 2] as [number, number] },
    scheduled_time: now,
  };
  await put(
    'deliveries',
    each((n, open) =>
      newDelivery({ ...delivery, _id: id(9000 + n), contact: { state: open ? 'pending' : 'confirmed', next_at: now, attempt: 0 } }, now),
    ),
  );
}

/** Runs the query and says how many documents the server looked at for it. */
async function examined(query: () => Promise<unknown[]>) {
  await world.db.setProfilingLevel('all');
  const found = await query();
  await world.db.setProfilingLevel('off');
  const profiles = await world.db.collection('system.profile').find({ op: 'query' }).toArray();
  await world.db.collection('system.profile').drop();
  return {
    found: found.length,
    examined: profiles.reduce((sum, profile) => sum + Number(profile['docsExamined']), 0),
    plans: profiles.map(({ planSummary }) => String(planSummary)),
  };
}

it('work that is younger than asked is left out', async () => {
  const { lists } = world.deps;
  const young = [
    lists.planned,
    lists.abandonedClaims,
    lists.silentCalls,
    lists.followUps,
    lists.recordingsToCopy,
    lists.events,
    lists.recordingsToProcess,
    lists.notifications,
    lists.withoutAttempt,
  ];
  for (const list of young) expect(await list(new Date(past.getTime() - 1), 100)).toEqual([]);
});

describe('examines no more than it finds', () => {
  const lists: [keyof WorkLists, (lists: WorkLists, before: Date) => Promise<unknown[]>][] = [
    ['planned', (lists, before) => lists.planned(before, 100)],
    ['abandonedClaims', (lists, before) => lists.abandonedClaims(before, 100)],
    ['unknown', (lists) => lists.unknown(100)],
    ['silentCalls', (lists, before) => lists.silentCalls(before, 100)],
    ['unknown, not looked up of late', (lists, before) => lists.unknown(100, before)],
    ['silentCalls, not looked up of late', (lists, before) => lists.silentCalls(before, 100, before)],
    ['toBeCancelled', (lists) => lists.toBeCancelled(100)],
    ['recordingsExpected', (lists, before) => lists.recordingsExpected(before, 100)],
    ['followUps', (lists, before) => lists.followUps(before, 100)],
    ['recordingsToCopy', (lists, before) => lists.recordingsToCopy(before, 100)],
    ['events', (lists, before) => lists.events(before, 100)],
    ['recordingsToProcess', (lists, before) => lists.recordingsToProcess(before, 100)],
    ['notifications', (lists, before) => lists.notifications(before, 100)],
    ['withoutAttempt', (lists, before) => lists.withoutAttempt(before, 100)],
  ];
  it.each(lists)('%s', async (_, query) => {
    const result = await examined(() => query(world.deps.lists, world.time.now()));
    expect(result).toMatchObject({ found: OPEN, examined: OPEN });
    for (const plan of result.plans) expect(plan).toContain('IXSCAN');
  });

  it('and the later pages of a long walk no more than the first', async () => {
    const attempt = (n: number) =>
      newAttempt(
        {
          _id: id(20_000 + n),
          delivery_id: id(20_000 + n),
          customer_id: id(1),
          number: 1,
          to_number: '+1',
          due_at: new Date(past.getTime() + (n % 7)),
          trace_id: 't',
        },
        past,
      );
    await world.db.collection('callattempts').insertMany(Array.from({ length: 200 }, (_, n) => attempt(n)));
    const { planned } = world.deps.lists;
    const seen: string[] = [];
    for (let page = await planned(world.time.now(), 50); page.length > 0;) {
      seen.push(...page.map(({ _id }) => _id.toHexString()));
      const last = page.at(-1);
      const next = await examined(async () => (page = await planned(world.time.now(), 50, last)));
      // Those of the very same moment are looked at twice.
      expect(next.examined).toBeLessThanOrEqual(next.found + 35);
    }
    expect(new Set(seen).size).toBe(203);
    expect(seen).toHaveLength(203);
  });
});
