import fc from 'fast-check';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAttempt } from '#src/db/documents/attempt.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import type { Sentiment } from '#src/domain/vocabulary.ts';
import { trackingEvent } from '#src/pipeline/tracking-event.ts';
import { move, waits, type Game } from '../game.ts';

const idOf = (n: number) => deterministicId('call', n);
const DELIVERY = deterministicId('delivery', 0);
const n = fc.constantFrom(0, 1);
const sid = fc.constantFrom('CA1', 'CA2');
const status = fc.constantFrom('queued', 'ringing', 'completed');

/** Call logs, the calls that nobody waits for, and the history. */
export const callsGame: Game = {
  name: 'call logs and history',
  collections: ['calllogs', 'trackingevents', 'callattempts'],
  move: fc.oneof(
    {
      weight: 3,
      arbitrary: move('ensure', [n, sid, n], ({ callLogs }, [log, call_sid, attempt], { time }) =>
        callLogs.ensure(
          newCallLog(
            {
              _id: idOf(log),
              delivery_id: DELIVERY,
              attempt_id: idOf(attempt),
              call_sid,
              status: 'queued',
              from_number: '+1',
              to_number: '+1',
            },
            time.now(),
          ),
        ),
      ),
    },
    waits,
    move(
      'attempt',
      [n, fc.constantFrom('unknown', 'submitted', 'finished'), fc.option(sid, { nil: undefined })],
      (_repositories, [attempt, state, call_sid], { put, time }) =>
        put(
          'callattempts',
          newAttempt(
            {
              _id: idOf(attempt),
              delivery_id: idOf(attempt),
              customer_id: DELIVERY,
              number: 1,
              to_number: `+1${attempt}`,
              due_at: time.now(),
              trace_id: 't',
              state: state,
              // Two attempts never have one call.
              ...(call_sid === undefined ? {} : { call_sid: `${call_sid}${attempt === 0 ? '' : '-other'}` }),
            },
            time.now(),
          ),
        ),
    ),
    {
      weight: 3,
      arbitrary: move('apply', [n, fc.nat(3), status], ({ callLogs }, [log, eventCount, to]) =>
        callLogs.apply(idOf(log), eventCount, { status: to, ...(to === 'completed' ? { outcome: 'busy' } : {}) }),
      ),
    },
    move('analysed', [n, fc.constantFrom<Sentiment>('neutral', 'positive')], ({ callLogs }, [log, sentiment]) =>
      callLogs.analysed(idOf(log), { sentiment, keywords: [] }),
    ),
    move('enrich', [n], ({ callLogs }, [log]) => callLogs.enrich(idOf(log), { transcription: 'hello' })),
    move('findBySid', [sid], ({ callLogs }, [call_sid]) => callLogs.findBySid(call_sid)),
    move('record', [fc.constantFrom('a', 'b')], ({ history }, [what], { time }) =>
      history.record(trackingEvent({ deliveryId: DELIVERY, status: what, at: time.now() })),
    ),
    move('forget', [fc.constantFrom('a', 'b')], ({ history }, [what], { time }) =>
      history.forget(trackingEvent({ deliveryId: DELIVERY, status: what, at: time.now() })._id),
    ),
  ),
  look: async ({ callLogs, history, lists }, { time }) => ({
    logs: (await callLogs.ofDelivery(DELIVERY)).map(({ createdAt }) => createdAt),
    history: await history.ofDelivery(DELIVERY),
    strays: (await lists.strayCalls(time.now(), 10)).map(({ createdAt }) => createdAt),
  }),
};
