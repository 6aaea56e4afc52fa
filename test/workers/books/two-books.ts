import type { NewAttempt } from '#src/db/documents/attempt.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { HOUR, SECOND } from '#src/platform/time.ts';
import type { CallSnapshot } from '#src/providers/telephony.ts';
import { jsonLog } from '#test/support/json-log.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { compareBooks } from '#workers/books.ts';

export const noon = new Date('2026-03-10T12:00:00Z');
export const midnight = new Date('2026-03-11T00:00:00Z');
export const after = (at: Date, ms: number): Date => new Date(at.getTime() + ms);

export type TwoBooks = Awaited<ReturnType<typeof twoBooks>>;

/** A fresh world at one o'clock, with what the tests write into its ledger and into Twilio's list of calls, and what is found between them. */
export async function twoBooks() {
  const world = await setup();
  const logged = jsonLog();
  world.time.set(after(noon, HOUR));

  const compare = (deps: Partial<World['deps']> = {}) =>
    compareBooks({ hour: 1, traceId: TRACE_ID }, { ...world.deps, ...deps }, aJob({ log: logged.log }));

  /** A call as Twilio tells it, started two seconds after it was created. */
  const atTwilio = (sid: string, to: string, created: Date, over: Partial<CallSnapshot> = {}) =>
    world.telephony.calls.push({
      callSid: sid,
      to,
      from: '+12025550000',
      status: 'completed',
      dateCreated: created,
      startTime: after(created, 2 * SECOND),
      endTime: after(created, 40 * SECOND),
      ...over,
    });

  /** An attempt whose call is over; its log says `completed`. */
  const anEndedCall = async (at: Date, over: Partial<NewAttempt> = {}): Promise<CallAttemptDoc> => {
    const attempt = await world.anEndedAttempt('confirmed', {
      claimed_at: at,
      submitted_at: at,
      finished_at: after(at, 41 * SECOND),
      ...over,
    });
    await world.db.collection('calllogs').updateOne({ attempt_id: attempt._id }, { $set: { status: 'completed' } });
    return attempt;
  };
  /** The same, with the call at Twilio. */
  const aBookedCall = async (at: Date): Promise<CallAttemptDoc> => {
    const attempt = await anEndedCall(at);
    atTwilio(attempt.call_sid ?? '', attempt.to_number, at);
    return attempt;
  };

  /** What was found of each day: kinds with anything in them. */
  const found = async (): Promise<Record<string, Record<string, number>>> => {
    const rows = await world.db.collection('systemmetrics').find({ metric_type: 'call_books_difference' }).sort({ timestamp: 1 }).toArray();
    const days = Object.groupBy(rows, ({ tags }) => String(tags.day));
    return Object.fromEntries(
      Object.entries(days).map(([day, of = []]) => [
        day,
        Object.fromEntries(of.filter(({ value }) => value !== 0).map(({ tags, value }) => [tags.kind, value])),
      ]),
    );
  };
  const today = async () => (await found())['2026-03-10'];
  const alerts = async () => (await world.deps.metrics.alerts.get()).values.map(({ value }) => value).filter((count) => count > 0);
  const measured = async (metric_type: string) =>
    (await world.db.collection('systemmetrics').find({ metric_type }).sort({ timestamp: 1 }).toArray()).map(({ tags, value }) => [
      tags.day,
      value,
    ]);

  return { world, logged, compare, atTwilio, anEndedCall, aBookedCall, found, today, alerts, measured };
}
