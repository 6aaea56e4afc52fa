import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { TraceId } from './ids.ts';

/** Compare the ledger with Twilio's list of calls, day by day. Added by: the clock, once an hour; `hour` numbers the hours. Next: nothing. */
export const books = defineQueue({
  name: 'books',
  payload: z.object({ hour: z.number().int().nonnegative(), traceId: TraceId }),
  key: ({ hour }) => `books-${hour}`,
  // A day of 100,000 calls is 200 pages of Twilio's list, one after the other.
  timeoutMs: 15 * 60_000,
  retry: { attempts: 3, backoffMs: 60_000 },
  keep: { completedDays: 1, completedCount: 50, failedDays: 14 },
});
