/** The closed set of what a processor can say. Throwing means 'try again'. */
export type Outcome =
  | { kind: 'done' }
  /** There was nothing to do: somebody else did it, or it is over. */
  | { kind: 'skipped'; reason: string }
  /** Not yet: come back at `until`. Costs no attempt. */
  | { kind: 'snoozed'; until: Date; reason: string }
  /** An operator must look; repeating it would not help. */
  | { kind: 'rejected'; reason: string };

export const done = (): Outcome => ({ kind: 'done' });
export const skip = (reason: string): Outcome => ({ kind: 'skipped', reason });
export const snooze = (until: Date, reason: string): Outcome => ({ kind: 'snoozed', until, reason });
export const reject = (reason: string): Outcome => ({ kind: 'rejected', reason });
