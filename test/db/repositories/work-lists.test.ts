import { beforeAll, describe, expect, it } from 'vitest';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAttempt } from '#src/db/documents/attempt.ts';
import type { WorkLists } from '#src/db/repositories/work-lists.ts';
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
    ...each((n, open) => attempt(1000 + n, open ? 'submitting' : 'finished', live)),
    ...each((n, open) => attempt(2000 + n, open ? 'unknown' : 'finished', live)),
    ...each((n, open) => attempt(3000 + n, open ? 'in_progress' : 'finished', { ...live, cancel_requested: true })),
    ...each((n, open) => attempt(5000 + n, 'finished', { recording: { state: open ? 'expected' : 'stored' } })),
  ]);
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
  const young = [lists.abandonedClaims, lists.silentCalls, lists.recordingsExpected];
  for (const list of young) expect(await list(new Date(past.getTime() - 1), 100)).toEqual([]);
});

describe('examines no more than it finds', () => {
  const lists: [string, (lists: WorkLists, before: Date) => Promise<unknown[]>][] = [
    ['abandonedClaims', (lists, before) => lists.abandonedClaims(before, 100)],
    ['unknown', (lists) => lists.unknown(100)],
    ['silentCalls', (lists, before) => lists.silentCalls(before, 100)],
    ['unknown, not looked up of late', (lists, before) => lists.unknown(100, before)],
    ['silentCalls, not looked up of late', (lists, before) => lists.silentCalls(before, 100, before)],
    ['toBeCancelled', (lists) => lists.toBeCancelled(100)],
    ['recordingsExpected', (lists, before) => lists.recordingsExpected(before, 100)],
  ];
  it.each(lists)('%s', async (_, query) => {
    const result = await examined(() => query(world.deps.lists, world.time.now()));
    expect(result).toMatchObject({ found: OPEN, examined: OPEN });
    for (const plan of result.plans) expect(plan).toContain('IXSCAN');
  });
});
