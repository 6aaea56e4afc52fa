import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { presumedEvent } from '#src/domain/call-events/detection-event.ts';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import type { CallProjection } from '#src/domain/call-events/projection.ts';
import { contactAfter, type Contact } from '#src/domain/contact-moves.ts';
import { secondsIn } from './an-event.ts';
import { trueCalls } from './true-calls.ts';

// Row 15, of the rules alone. That the documents follow them is shown in test/faults/callbacks-orders.slow.test.ts, through HTTP.

const LATER = secondsIn(600);
/** Every call of these is over, and who answered is still waited for. */
const IN_TIME = secondsIn(45);

function* permutations<Value>(values: readonly Value[]): Generator<Value[]> {
  if (values.length === 0) yield [];
  for (const [index, first] of values.entries())
    for (const rest of permutations(values.filter((_, other) => other !== index))) yield [first, ...rest];
}

describe.each(Object.entries(trueCalls))('row 15: a call that was: %s', (_name, events) => {
  it('is the same in every order of its events', () => {
    const whole = JSON.stringify(projectCall(events, LATER));
    let orders = 0;
    for (const order of permutations(events)) {
      // Not by `expect` itself, which costs more than what it looks at.
      if (JSON.stringify(projectCall(order, LATER)) !== whole) expect(projectCall(order, LATER)).toEqual(JSON.parse(whole));
      orders += 1;
    }
    expect(orders).toBe(events.reduce((product, _event, index) => product * (index + 1), 1));
  });

  it('ends the same told in any order, in any number of copies, in any batches, each of which may die half-way', () => {
    const whole = live(tellAll(events));
    fc.assert(
      fc.property(lifeOf(events), (life) => {
        expect(live(life)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  it('never changes an outcome that was acted upon, however late a word comes, but by a key that was pressed', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...events], { minLength: events.length }), fc.nat(events.length), (order, told) => {
        const early = tellAll(order.slice(0, told));
        const before = live(early);
        const after = live([...early, { look: LATER }, ...tellAll(order.slice(told))]);
        if (before.call.outcome !== undefined && after.call.choice === before.call.choice)
          expect(after.call.outcome).toBe(before.call.outcome);
        // The delivery says what the call says.
        const said = contactAfter({ state: 'pending' }, after.call);
        expect(after.contact).toEqual(said ?? { state: 'pending' });
      }),
      { numRuns: 300 },
    );
  });
});

/** `dies`: after it has written of the call, and before of the delivery. */
type Step = { tell: CallEvent } | { look: Date; dies?: boolean };

const tellAll = (events: readonly CallEvent[]): Step[] => events.map((event) => ({ tell: event }));

/** The call's events shuffled, some of them again, and looks at the inbox in between, none so late that a word is presumed. */
function lifeOf(events: readonly CallEvent[]): fc.Arbitrary<Step[]> {
  const looks = fc.array(
    fc.boolean().map((dies) => ({ look: IN_TIME, dies })),
    { maxLength: 6 },
  );
  return fc.tuple(fc.subarray([...events]), looks).chain(([again, between]) => {
    const steps: Step[] = [...tellAll([...events, ...structuredClone(again)]), ...between];
    return fc.shuffledSubarray(steps, { minLength: steps.length });
  });
}

interface Documents {
  call: Partial<CallProjection>;
  contact: Contact;
}

/** The documents after a life and a last look, as the job `call-event` would write them: the inbox holds an id once, and writes are guarded. */
function live(life: readonly Step[]): Documents {
  const inbox = new Map<string, CallEvent>();
  const documents: Documents = { call: {}, contact: { state: 'pending' } };
  const tell = (event: CallEvent) => void (inbox.has(event.id) || inbox.set(event.id, event));
  const project = (now: Date) => projectCall([...inbox.values()], now);
  const look = (now: Date, dies: boolean) => {
    const { callSid, presumed } = project(now);
    if (presumed !== undefined) tell(presumedEvent(callSid, presumed, LATER));
    const call = project(now);
    const known = documents.call.eventCount ?? 0;
    if (call.eventCount > known || (call.eventCount === known && documents.call.outcome === undefined)) documents.call = call;
    if (!dies) documents.contact = contactAfter(documents.contact, call) ?? documents.contact;
  };
  for (const step of life) {
    if ('tell' in step) tell(step.tell);
    else look(step.look, step.dies ?? false);
  }
  look(LATER, false);
  return documents;
}
