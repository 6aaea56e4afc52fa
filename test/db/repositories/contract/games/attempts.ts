import fc from 'fast-check';
import type { ObjectId } from 'mongodb';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAttempt } from '#src/db/documents/attempt.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { SECOND } from '#src/platform/time.ts';
import type { PipelineRepositories } from '#test/support/memory/repositories.ts';
import { sorted, type Side } from '../both.ts';
import { move, pagesOf, waits, type Game } from '../game.ts';

const delivery = (n: number) => deterministicId('delivery', n);
const attemptId = (n: number, number: number) => deterministicId('attempt', n, number);

const one = fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(1, 2)).map(([n, number]) => attemptId(n, number));
const epoch = fc.constantFrom(0, 1, 1, 2);
const sid = fc.constantFrom('CA1', 'CA2');
const phone = fc.constantFrom('+12025550101', '+12025550102');

const view = fc.record<Partial<CallAttemptDoc>>(
  {
    state: fc.constantFrom('submitted', 'in_progress', 'finished'),
    outcome: fc.constantFrom('busy', 'confirmed'),
    follow_up: fc.constantFrom('due', 'due', 'done'),
    recording: fc.constantFrom({ state: 'expected' }, { state: 'pending', sid: 'RE1', duration: 3 }),
    submitted_at: fc.constant(new Date('2026-03-10T13:59:00Z')),
  },
  { requiredKeys: ['state', 'submitted_at'] },
);

/** Whoever looks up was handed the attempt a while ago. */
async function lookUp({ attempts }: PipelineRepositories, id: ObjectId, stale: number): Promise<boolean | null> {
  const found = await attempts.find(id.toHexString());
  if (!found) return null;
  const empty = found.lookups?.empty;
  return attempts.lookedUpInVain(stale > 0 && empty !== undefined ? { ...found, lookups: { count: 1, empty: empty - stale } } : found);
}

export const attemptsGame: Game = {
  name: 'attempts',
  collections: ['callattempts', 'controls'],
  move: fc.oneof(
    { weight: 4, arbitrary: move('insert', [fc.constantFrom(0, 1), fc.constantFrom(1, 2), phone], insert) },
    { weight: 6, arbitrary: move('claim', [one, epoch], ({ attempts }, [_id, e]) => attempts.claim({ _id, epoch: e })) },
    { weight: 2, arbitrary: waits },
    move('obstacle', [phone], ({ attempts }, [to_number]) => attempts.obstacle({ to_number })),
    move('unclaim', [one, epoch], ({ attempts }, [id, e]) => attempts.unclaim(id, e)),
    {
      weight: 3,
      arbitrary: move('submitted', [one, epoch, sid, fc.boolean()], ({ attempts }, [id, e, callSid, evenIfCancelled]) =>
        attempts.submitted(id, e, callSid, { evenIfCancelled }),
      ),
    },
    move('rejected', [one, epoch], ({ attempts }, [id, e]) => attempts.rejected(id, e, 'undialable', '21211')),
    { weight: 3, arbitrary: move('unknown', [one, epoch], ({ attempts }, [id, e]) => attempts.unknown(id, e)) },
    move('postpone', [one], ({ attempts }, [id], { time }) =>
      attempts.postpone(id, new Date(time.now().getTime() + 5 * SECOND), 'quiet_hours'),
    ),
    move('belongTo', [one], ({ attempts }, [id]) => attempts.belongTo(id, deterministicId('customer', 2))),
    move('discard', [one], ({ attempts }, [id]) => attempts.discard(id)),
    move('finishPlanned', [one], ({ attempts }, [id]) => attempts.finishPlanned(id, 'not_permitted', 'opted_out')),
    {
      weight: 6,
      arbitrary: move('apply', [one, sid, fc.nat(3), view], ({ attempts }, [id, callSid, eventCount, set]) =>
        attempts.apply(id, { callSid, eventCount, set }),
      ),
    },
    move('followedUp', [one], ({ attempts }, [id]) => attempts.followedUp(id)),
    move('requestCancel', [one], ({ attempts }, [id]) => attempts.requestCancel(id)),
    {
      weight: 2,
      arbitrary: move(
        'recordingSettled',
        [one, fc.constantFrom('stored', 'failed', 'absent'), fc.option(fc.constant('why'), { nil: undefined })],
        ({ attempts }, [id, state, error]) => attempts.recordingSettled(id, state as 'stored', error),
      ),
    },
    move('recordingReopened', [one], ({ attempts }, [id]) => attempts.recordingReopened(id)),
    move('nextGeneration', [one, fc.constantFrom(1, 2)], ({ attempts }, [id, generation]) => attempts.nextGeneration(id, generation)),
    {
      weight: 3,
      arbitrary: move('lookedUpInVain', [one, fc.constantFrom(0, 0, 0, 1)], (repositories, [id, stale]) => lookUp(repositories, id, stale)),
    },
    move('lookedUp', [one], ({ attempts }, [_id]) => attempts.lookedUp({ _id })),
    move(
      'budget',
      [fc.constantFrom(null, 1, 2), fc.constantFrom(true, true, false)],
      async (_repositories, [daily_budget, enabled], { put, time }) =>
        put('controls', { _id: 'calls', daily_budget, enabled, used: 1, day: '2026-03-10', updatedAt: time.now() }),
    ),
  ),
  look,
};

function insert({ attempts }: PipelineRepositories, [n, number, to_number]: [number, number, string], { time }: Side) {
  return attempts.insert(
    newAttempt(
      {
        _id: attemptId(n, number),
        delivery_id: delivery(n),
        customer_id: delivery(9),
        number,
        to_number,
        due_at: time.now(),
        trace_id: 't',
      },
      time.now(),
    ),
  );
}

/** Every work list, at bounds that cut through what was done. */
async function look({ attempts, lists, walks }: PipelineRepositories, { time }: Side): Promise<unknown> {
  const now = time.now();
  const lately = new Date(now.getTime() - 20 * SECOND);
  return {
    ofDelivery: [await attempts.ofDelivery(delivery(0)), await attempts.ofDelivery(delivery(1))],
    claims: [await lists.abandonedClaims(now, 10), await lists.abandonedClaims(lately, 1)],
    unknown: [await lists.unknown(10), await lists.unknown(10, lately), await lists.unknown(1)],
    silent: [await lists.silentCalls(now, 10), await lists.silentCalls(now, 10, lately), await lists.silentCalls(lately, 1)],
    cancelled: await lists.toBeCancelled(10),
    recordings: [await lists.recordingsExpected(now, 10), await lists.recordingsExpected(lately, 1)],
    planned: [sorted(await pagesOf(walks.planned(now))), sorted(await pagesOf(walks.planned(lately)))],
    followUps: [sorted(await pagesOf(walks.followUps(now))), sorted(await pagesOf(walks.followUps(lately)))],
    failedCopies: [sorted(await pagesOf(walks.failedCopies(new Date(0)))), sorted(await pagesOf(walks.failedCopies(lately)))],
    toCopy: [sorted(await pagesOf(walks.recordingsToCopy(now))), sorted(await pagesOf(walks.recordingsToCopy(lately)))],
  };
}
