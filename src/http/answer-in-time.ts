import { isDatabaseAway } from '#src/db/database-away.ts';
import { unavailable } from '#src/http/problems/http-problem.ts';
import { patiently, TooLate } from '#src/platform/within.ts';

/** What a 503 says of the request: a read changes nothing, of a write nobody knows what became of it. */
export type WhatItDoes = 'reads' | 'writes';

export interface AnswerInTime {
  /** The work's result; a 503 when the database does not answer. The work itself goes on. */
  <Result>(work: Promise<Result>, what?: WhatItDoes): Promise<Result>;
}

/** A fault on our side is answered within this (P9 leaves 50 ms for the way). */
const FIRST_LIMIT_MS = 200;
/** Who comes after one that was answered 503, and before the database has answered anybody, waits so much less: there is hardly a chance, and a busy machine needs the rest. */
const SILENT_SHARE = 0.5;
/** How often a caller who waits longer looks whether the database has fallen silent meanwhile. */
const LOOK_EVERY_MS = 50;
/** A busy event loop fires its timers this late. */
const STARVED_MS = 20;
/** A busy process sees silence where there is none, so its first callers wait this long before it believes that the database is away. */
const STARVED_LIMIT_MS = 1000;
/** Somebody on the phone hears a pause meanwhile, and an apology ends the call for good: rather wait. Twilio itself waits 15 s. */
export const CALLER_LIMIT_MS = 2500;
/** A database that is answering others is slow, not away: its callers wait on, up to this. */
const LAST_LIMIT_MS = 5000;

/** `answeredSince` tells whether the database has answered anything in the last so many milliseconds. `limitMs`: the patience with one that has not. */
export function createAnswerInTime(answeredSince: (ms: number) => boolean, limitMs = FIRST_LIMIT_MS): AnswerInTime {
  let foundSilentAt: number | null = null;
  const isSilent = () => foundSilentAt !== null && !answeredSince(performance.now() - foundSilentAt);
  return async (work, what = 'writes') => {
    const outcome = what === 'reads' ? 'nothing-done' : 'outcome-unknown';
    const asked = performance.now();
    const answered = patiently(work);
    const spent = () => performance.now() - asked;
    for (let next = isSilent() ? limitMs * SILENT_SHARE : limitMs; ; next = LOOK_EVERY_MS) {
      const due = performance.now() + next;
      try {
        return await answered(next);
      } catch (error) {
        if (isDatabaseAway(error)) throw unavailable(outcome, error);
        if (!(error instanceof TooLate)) throw error;
        // A timer that fires late says that this process was busy. Answers that it had no time to read are read in one turn of its event
        // loop; the database's own process may be as busy, and is waited for. But one that is always busy must be able to tell silence, too.
        const starved = performance.now() - due > STARVED_MS && spent() < STARVED_LIMIT_MS && !isSilent();
        await new Promise(setImmediate);
        const silent = !starved && !answeredSince(limitMs);
        if (silent) foundSilentAt = performance.now();
        if (silent || spent() >= LAST_LIMIT_MS) throw unavailable(outcome, error);
      }
    }
  };
}
