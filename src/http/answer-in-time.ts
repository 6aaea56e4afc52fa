import { unavailable } from '#src/http/problems/http-problem.ts';
import { TooLate, within } from '#src/platform/within.ts';

export interface AnswerInTime {
  /** The work's result; a 503 when the database does not answer. The work itself goes on, so what became of it is unknown. */
  <Result>(work: Promise<Result>): Promise<Result>;
}

/** A fault on our side is answered within this (P9 leaves 50 ms for the way). */
const FIRST_LIMIT_MS = 200;
/** A database that is answering others is slow, not away: its callers wait on, up to this. */
const LAST_LIMIT_MS = 5000;

/** `answeredSince` tells whether the database has answered anything in the last so many milliseconds. */
export function createAnswerInTime(answeredSince: (ms: number) => boolean): AnswerInTime {
  return async (work) => {
    for (let waited = 0; ; waited += FIRST_LIMIT_MS) {
      try {
        return await within(FIRST_LIMIT_MS, work);
      } catch (error) {
        if (!(error instanceof TooLate)) throw error;
        if (!answeredSince(FIRST_LIMIT_MS) || waited + FIRST_LIMIT_MS >= LAST_LIMIT_MS) throw unavailable('outcome-unknown', error);
      }
    }
  };
}
