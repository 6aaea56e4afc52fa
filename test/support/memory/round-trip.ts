/**
 * One way to the database and back: `effect` is what it does there, all at once. Whoever gives it decides when that happens and when,
 * or whether, the answer comes. `what` names it: `attempts.claim`.
 */
export type RoundTrip = <Result>(what: string, effect: () => Result) => Promise<Result>;

export const atOnce: RoundTrip = async (_what, effect) => effect();
