import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { TWILIO_STATUSES } from '#src/domain/call-events/call-event.ts';
import type { CallProjection } from '#src/domain/call-events/projection.ts';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import { amd, answered, choice, completed, recording, secondsIn } from './an-event.ts';

const RANK = ['queued', 'ringing', 'in-progress'];
const STATES = ['submitted', 'in_progress', 'finished'];
const rank = ({ status }: CallProjection) => (RANK.includes(status) ? RANK.indexOf(status) : RANK.length);

const moment = fc.integer({ min: 0, max: 120 }).map(secondsIn);
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const facts = fc.record(
  {
    status: fc.constantFrom(...TWILIO_STATUSES),
    durationSeconds: fc.nat(90),
    startTime: moment,
    endTime: moment,
    answeredBy: fc.constantFrom('human', 'fax'),
  },
  { requiredKeys: ['status'] },
);
const told = fc.oneof(
  fc.record({ kind: fc.constant('call-status'), data: facts }),
  fc.record({ kind: fc.constant('lookup'), data: facts }),
  fc.record({ kind: fc.constant('amd'), data: fc.record({ answeredBy: fc.constantFrom('human', 'machine_start', 'unknown', 'fax') }) }),
  fc.record({ kind: fc.constant('choice'), data: fc.record({ digits: fc.constantFrom('1', '2', '3', '9', '7', '') }) }),
  fc.record({
    kind: fc.constant('recording'),
    data: fc.record(
      {
        recordingSid: fc.constantFrom('RE1', 'RE2'),
        status: fc.constantFrom('in-progress', 'completed', 'absent'),
        durationSeconds: fc.nat(9),
      },
      { requiredKeys: ['status'] },
    ),
  }),
);
/** Any events of one call, contradictory ones too; each with an id of its own, in no order. */
const events = fc
  .array(fc.tuple(told, moment, optional(fc.nat(4))), { maxLength: 12 })
  .map((list) =>
    list.map(
      ([event, occurredAt, sequence], n) => ({ ...event, id: `e${(n * 7) % 13}`, callSid: 'CA1', occurredAt, sequence }) as CallEvent,
    ),
  );

const shuffledCopies = (list: CallEvent[]) =>
  fc
    .tuple(fc.shuffledSubarray(list, { minLength: list.length }), fc.subarray(list))
    .chain(([all, again]) => fc.shuffledSubarray([...all, ...structuredClone(again)], { minLength: all.length + again.length }));

it('is the same in any order and with any number of copies', () => {
  fc.assert(
    fc.property(
      events.chain((list) => fc.tuple(fc.constant(list), shuffledCopies(list))),
      moment,
      ([list, shuffled], now) => {
        expect(projectCall(shuffled, now)).toEqual(projectCall(list, now));
      },
    ),
    { numRuns: 500 },
  );
});

it('ends the same whichever of the true call’s events comes last', () => {
  const call = [...answered, amd('human'), choice('2'), completed, recording('completed', { recordingSid: 'RE1', durationSeconds: 12 })];
  const whole = projectCall(call, secondsIn(60));
  fc.assert(
    fc.property(fc.shuffledSubarray(call, { minLength: call.length }), (order) => {
      expect(projectCall(order, secondsIn(60))).toEqual(whole);
    }),
    { numRuns: 200 },
  );
  expect(whole).toMatchObject({ status: 'completed', outcome: 'instructed', recording: { state: 'pending' } });
});

it('only ever moves on when more is known', () => {
  fc.assert(
    fc.property(events, fc.nat(12), moment, (list, cut, now) => {
      const [before, after] = [projectCall(list.slice(0, cut), now), projectCall(list, now)];
      expect(rank(after)).toBeGreaterThanOrEqual(rank(before));
      expect(STATES.indexOf(after.attemptState)).toBeGreaterThanOrEqual(STATES.indexOf(before.attemptState));
      expect(Number(after.choice ?? 0)).toBeGreaterThanOrEqual(Number(before.choice ?? 0));
      expect(after.eventCount).toBeGreaterThanOrEqual(before.eventCount);
    }),
    { numRuns: 500 },
  );
});

it('has an outcome or a time to look again exactly when the call is over', () => {
  fc.assert(
    fc.property(events, moment, (list, now) => {
      const { attemptState, outcome, settleAt } = projectCall(list, now);
      expect(Number(outcome !== undefined) + Number(settleAt !== undefined)).toBe(attemptState === 'finished' ? 1 : 0);
      if (settleAt) expect(['hung_up', 'voicemail']).toContain(projectCall(list, settleAt).outcome);
    }),
    { numRuns: 500 },
  );
});

it('never throws, whatever stands in the data of an event', () => {
  const anyKind = fc.constantFrom('call-status', 'lookup', 'amd', 'choice', 'recording', 'other');
  const words = fc.oneof(fc.anything(), fc.constantFrom(...TWILIO_STATUSES, 'absent'));
  const others = ['startTime', 'endTime', 'durationSeconds', 'sipResponseCode', 'errorCode', 'answeredBy', 'digits', 'recordingSid'];
  const fields = fc.record({ status: words, ...Object.fromEntries(others.map((field) => [field, fc.anything()])) }, { requiredKeys: [] });
  const anyData = fc.oneof(fc.anything(), fields);
  const junk = fc.record({
    id: fc.string(),
    kind: anyKind,
    callSid: fc.string(),
    occurredAt: fc.date(),
    sequence: optional(fc.double()),
    data: anyData,
  });
  fc.assert(
    fc.property(fc.array(junk), fc.date({ noInvalidDate: true }), (list, now) => {
      expect(() => projectCall(list as CallEvent[], now)).not.toThrow();
    }),
    { numRuns: 1000 },
  );
});
