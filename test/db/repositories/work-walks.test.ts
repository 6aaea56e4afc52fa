import { beforeAll, describe, expect, it } from 'vitest';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAttempt } from '#src/db/documents/attempt.ts';
import { newDelivery } from '#src/db/documents/delivery.ts';
import { newNotification } from '#src/db/documents/notification.ts';
import { newRecording } from '#src/db/documents/recording.ts';
import { newWebhookEvent } from '#src/db/documents/webhook-event.ts';
import { createWorkWalks, type Walk, type WorkWalks } from '#src/db/repositories/work-walks.ts';
import type { AttemptState } from '#src/domain/vocabulary.ts';
import { HOUR } from '#src/platform/time.ts';
import { setup, type World } from '#test/support/world.ts';

let world: World;
let past: Date;
// Once: these tests only read.
beforeAll(async () => {
  world = await setup();
  past = new Date(world.time.now().getTime() - HOUR);
  await fill();
});

const OVER = 300;
const OPEN = 5;
const id = (n: number) => deterministicId('work', n);

/** Five pieces of each kind of work, all of the same moment, among many that are over. */
async function fill() {
  const each = <Doc>(make: (n: number, open: boolean) => Doc) => Array.from({ length: OVER + OPEN }, (_, n) => make(n, n < OPEN));
  const put = (collection: string, documents: object[]) => world.db.collection(collection).insertMany(documents);
  const attempt = (n: number, state: AttemptState, more: object = {}) =>
    newAttempt(
      { _id: id(n), delivery_id: id(n), customer_id: id(n), number: 1, to_number: `+1${n}`, due_at: past, trace_id: 't', state, ...more },
      past,
    );
  await put('callattempts', [
    ...each((n, open) => attempt(n, open ? 'planned' : 'finished')),
    ...each((n, open) => attempt(1000 + n, 'finished', { follow_up: open ? 'due' : 'done' })),
    ...each((n, open) => attempt(2000 + n, 'finished', { recording: { state: open ? 'pending' : 'stored' } })),
    ...each((n, open) => attempt(3000 + n, 'finished', { recording: { state: open ? 'failed' : 'stored' } })),
  ]);
  const event = { kind: 'amd', attempt_id: id(1), call_sid: 'CA', occurred_at: past, received_at: past, data: {}, trace_id: 't' } as const;
  await put(
    'webhookevents',
    each((n, open) => newWebhookEvent({ ...event, _id: id(n), dedupe_key: `e${n}`, state: open ? 'received' : 'applied' })),
  );
  const recording = { delivery_id: id(1), audio_url: 'a', duration: 1 };
  await put(
    'recordings',
    each((n, open) =>
      newRecording({ ...recording, _id: id(n), call_log_id: id(n), processing_status: open ? 'processing' : 'completed' }, past),
    ),
  );
  await put(
    'recordings',
    each((n, open) =>
      newRecording({ ...recording, _id: id(1000 + n), call_log_id: id(1000 + n), processing_status: open ? 'failed' : 'completed' }, past),
    ),
  );
  const notification = { delivery_id: id(1), agent_id: id(1), kind: 'confirmed', title: 't', body: 'b', trace_id: 't' } as const;
  await put(
    'notifications',
    each((n, open) => newNotification({ ...notification, _id: id(n), key: `n${n}`, state: open ? 'pending' : 'sent' }, past)),
  );
  await put(
    'notifications',
    each((n, open) =>
      newNotification({ ...notification, _id: id(1000 + n), key: `n${1000 + n}`, state: open ? 'failed' : 'skipped' }, past),
    ),
  );
  const coordinates = { type: 'Point' as const, coordinates: [1, 2] as [number, number] };
  const delivery = { customer_id: id(1), address: 'a', coordinates, scheduled_time: past };
  const pending = { state: 'pending', next_at: past, attempt: 0 } as const;
  await put('deliveries', [
    ...each((n, open) =>
      newDelivery(
        { ...delivery, _id: id(8000 + n), status: 'cancelled', contact: { state: 'cancelled' }, cancel_follow_up: open ? 'due' : 'done' },
        past,
      ),
    ),
    ...each((n, open) =>
      newDelivery({ ...delivery, _id: id(9000 + n), contact: open ? pending : { ...pending, state: 'confirmed' } }, past),
    ),
  ]);
}

type Page = { _id: unknown }[];

/** All that a walk hands out, and what the server looked at for it. */
async function examined(walk: Walk<{ _id: unknown }>) {
  const sizes: number[] = [];
  const seen: string[] = [];
  await world.db.setProfilingLevel('all');
  for await (const page of walk as Walk<Page[number]>) {
    sizes.push(page.length);
    seen.push(...page.map(({ _id }) => String(_id)));
  }
  await world.db.setProfilingLevel('off');
  const profiles = await world.db
    .collection('system.profile')
    .find({ op: { $in: ['query', 'getmore'] } })
    .toArray();
  await world.db.collection('system.profile').drop();
  return {
    ...{ sizes, seen },
    examined: profiles.reduce((sum, profile) => sum + Number(profile['docsExamined']), 0),
    plans: profiles.map(({ planSummary }) => String(planSummary)),
    sorted: profiles.some(({ hasSortStage }) => hasSortStage === true),
  };
}

const kinds = [
  'planned',
  'followUps',
  'recordingsToCopy',
  'events',
  'recordingsToProcess',
  'notifications',
  'cancellations',
  'withoutAttempt',
] as const;

describe.each(kinds satisfies readonly (keyof WorkWalks)[])('%s', (kind) => {
  it('hands out all that is open, each once, in pages, and examines nothing that is over', async () => {
    const result = await examined(createWorkWalks(world.db, 2)[kind](world.time.now()));
    expect(result.sizes).toEqual([2, 2, 1]);
    expect(new Set(result.seen).size).toBe(OPEN);
    // Orphans are read twice: once for their ids, among all that are overdue.
    expect(result.examined).toBe(kind === 'withoutAttempt' ? 2 * OPEN : OPEN);
    for (const plan of result.plans) expect(plan).toMatch(/IXSCAN|IDHACK/);
    expect(result.sorted).toBe(false);
  });

  it('leaves out what is younger than asked', async () => {
    expect(await examined(createWorkWalks(world.db, 2)[kind](new Date(past.getTime() - 1)))).toMatchObject({ seen: [], examined: 0 });
  });
});

describe.each(['failedNotifications', 'failedCopies', 'failedRecordings'] as const satisfies readonly (keyof WorkWalks)[])('%s', (kind) => {
  it('hands out all that was given up, each once, in pages, and examines nothing else', async () => {
    const result = await examined(createWorkWalks(world.db, 2)[kind](new Date(past.getTime() - 1)));
    expect(result.sizes).toEqual([2, 2, 1]);
    expect(new Set(result.seen).size).toBe(OPEN);
    expect(result.examined).toBe(OPEN);
    for (const plan of result.plans) expect(plan).toMatch('IXSCAN { updatedAt: 1');
    expect(result.sorted).toBe(false);
  });

  it('leaves out what is older than asked', async () => {
    expect(await examined(createWorkWalks(world.db, 2)[kind](past))).toMatchObject({ seen: [], examined: 0 });
  });
});
