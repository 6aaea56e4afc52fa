import type { Processors, WorkerDeps } from '#workers/registry.ts';
import type { Outcome } from '#workers/outcome.ts';
import type { Point } from './points.ts';
import type { Trap } from './trap.ts';

type Step = (...args: never[]) => Promise<unknown>;
type Arm = (deps: WorkerDeps, trap: Trap) => WorkerDeps;

/** Puts the trap around one step of one dependency. */
const at =
  <Part extends 'attempts' | 'lists' | 'producer' | 'push' | 'recordings' | 'recordingStore' | 'telephony'>(
    part: Part,
    step: keyof WorkerDeps[Part],
    wrap: (step: Step, trap: Trap) => Step,
  ): Arm =>
  (deps, trap) => ({ ...deps, [part]: { ...deps[part], [step]: wrap(deps[part][step] as Step, trap) } });

const before = (step: Step, trap: Trap): Step => trap.before(step);
const after = (step: Step, trap: Trap): Step => trap.after(step);
const afterA =
  (kind: string) =>
  (step: Step, trap: Trap): Step =>
    trap.after(step, (result) => (result as { kind: string }).kind === kind);
const inside =
  (written: (text: string) => boolean) =>
  (step: Step, trap: Trap): Step =>
    trap.inside(step, written);
/** The clock's own jobs are no delivery's work. */
const ofDeliveries = (...[queue]: unknown[]): boolean => queue !== 'reconcile' && queue !== 'metrics-rollup';
const has =
  (...words: string[]) =>
  (text: string): boolean =>
    words.every((word) => text.includes(word));

/** How each point is reached: a trap before, after or inside a step of the real dependencies. MongoDB's and the providers' requests are recognised on the wire. */
const ARMS: Readonly<Record<Exclude<Point, 'before-ack'>, Arm>> = {
  'before-claim': at('attempts', 'claim', before),
  'in-claim': at('attempts', 'claim', inside(has('callattempts', 'claimed_at', 'submitting', 'revision'))),
  'after-claim': at('attempts', 'claim', afterA('claimed')),
  'before-dial': at('telephony', 'dial', before),
  'in-dial': at('telephony', 'dial', inside(has('POST /', '/Calls.json'))),
  'after-dial': at('telephony', 'dial', afterA('accepted')),
  'in-result': at('attempts', 'submitted', inside(has('callattempts', 'submitted_at', 'call_sid', 'revision'))),
  'after-result': at('attempts', 'submitted', after),
  'in-reconcile': at('lists', 'unknown', before),
  'before-event': at('attempts', 'apply', before),
  'after-event': at('attempts', 'apply', after),
  'before-follow-up': at('producer', 'enqueue', (step, trap) => trap.before(step, ofDeliveries)),
  'after-follow-up': at('producer', 'enqueue', (step, trap) => trap.after(step, (_result, ...args) => ofDeliveries(...args))),
  'after-plan': at('attempts', 'insert', after),
  'before-upload': at('recordingStore', 'store', before),
  'in-upload': at('recordingStore', 'store', inside(has('PUT /', '/recordings/'))),
  'after-upload': at('recordingStore', 'store', after),
  'before-transcript': at('recordings', 'transcribed', before),
  'after-transcript': at('recordings', 'transcribed', after),
  'before-analysis': at('recordings', 'analysed', before),
  'after-analysis': at('recordings', 'analysed', after),
  'before-push': at('push', 'send', before),
  'in-push': at('push', 'send', inside(has('POST /', 'aes128gcm'))),
  'after-push': at('push', 'send', afterA('sent')),
};

/** The dependencies of a process that is to die at this point. */
export const armDeps = (deps: WorkerDeps, point: Point, trap: Trap): WorkerDeps =>
  point === 'before-ack' ? deps : ARMS[point](deps, trap);

/** The processors of a process that is to die when one is done and BullMQ was not told. */
export function armProcessors(processors: Processors, point: Point, trap: Trap): Processors {
  if (point !== 'before-ack') return processors;
  const isDone = (outcome: Outcome) => outcome.kind === 'done';
  const armed = Object.entries(processors).map(([queue, processor]: [string, Step]) => [
    queue,
    ofDeliveries(queue) ? trap.after(processor, (outcome) => isDone(outcome as Outcome)) : processor,
  ]);
  return Object.fromEntries(armed) as Processors;
}
