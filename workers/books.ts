import type { books } from '#queues/books.ts';
import type { CallBooks } from '#src/db/repositories/call-books.ts';
import { raiseAlert } from '#src/platform/alert.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { DAY, HOUR } from '#src/platform/time.ts';
import { done, skip } from './outcome.ts';
import type { Processor, RunContext } from './processor.ts';
import { compareDay, type CompareDayDeps, type ComparedDay } from './steps/compare-day.ts';

export interface BooksDeps extends CompareDayDeps {
  books: CallBooks;
  metrics: Pick<Metrics, 'alerts'>;
}

/** So long after its end a day is compared for the last time, in the clock's milliseconds: by then every call of it has been settled. */
const CLOSING_MS = 2 * HOUR;
/** After a long stop days further back are not made good: `npm run prove` tells of any. */
const MOST_DAYS = 7;

/**
 * Compares the ledger with Twilio's list of calls: today so far, and each day before it (UTC) that was not compared since it was over.
 * Changes nothing in either; any number of runs finds the same. What differs is counted, and wakes an operator.
 */
export const compareBooks: Processor<typeof books, BooksDeps> = async (_payload, deps, context) => {
  const now = deps.time.now().getTime();
  const today = Math.floor(now / DAY) * DAY;
  let mark = await deps.books.closed.until();
  const first = Math.max(mark?.getTime() ?? today - DAY, today - MOST_DAYS * DAY);
  for (let day = first; day <= today; day += DAY) {
    const found = await compareDay(new Date(day), deps, context.signal);
    await deps.books.write(new Date(day), found);
    tell(new Date(day), found, deps, context);
    const end = new Date(day + DAY);
    if (now - end.getTime() < CLOSING_MS) continue;
    if (!(await deps.books.closed.advance(mark, end))) return skip('another run compares');
    mark = end;
  }
  return done();
};

function tell(day: Date, { counts, ids }: ComparedDay, { metrics }: BooksDeps, { log }: RunContext): void {
  if (Object.values(counts).every((count) => count === 0)) return;
  raiseAlert({ log, metrics }, 'call_books_difference', { day: day.toISOString().slice(0, 10), counts, ids });
}
