import { isCallOver } from './vocabulary.ts';

/** Where the ledger and Twilio's list of calls differ. */
export const BOOK_DIFFERENCES = [
  /** Twilio made a call from our number that no attempt has. */
  'unknown_call',
  /** A second call of an attempt that has another one, or that was closed without one. */
  'second_call',
  /** An attempt's call is not known to Twilio. */
  'missing_call',
  /** A call is over and its log says otherwise. */
  'status',
  /** So much was to be compared that some of it was not. */
  'unchecked',
] as const;
export type BookDifference = (typeof BOOK_DIFFERENCES)[number];

/** What our books say of one call. */
export interface BookedCall {
  /** The attempt whose call it is. */
  attemptId?: string;
  /** The attempt that the call's log was written for. */
  loggedFor?: string;
  /** The log's. */
  status?: string;
}

/** The last attempt that was begun on the called number before the call. */
export interface EarlierAttempt {
  callSid?: string;
  /** Missing while a call of it may be under way. */
  finishedAt?: Date;
}

/** Compares one call as Twilio tells it with the books; null: they agree. `earlier` is asked for only if neither attempt nor log has the call. */
export async function judgeCall(
  call: { status: string; dateCreated?: Date; startTime?: Date },
  booked: BookedCall,
  earlier: (before: Date) => Promise<EarlierAttempt | null>,
): Promise<BookDifference | null> {
  if (booked.attemptId !== undefined) return isCallOver(call.status) && booked.status !== call.status ? 'status' : null;
  if (booked.loggedFor !== undefined) return 'second_call';
  const created = call.dateCreated ?? call.startTime ?? new Date(0);
  const attempt = await earlier(created);
  if (!attempt) return 'unknown_call';
  const underWay = attempt.finishedAt === undefined;
  // One number has one live attempt: the call is that one's, and a look-up is about to say so.
  if (underWay && attempt.callSid === undefined) return null;
  return underWay || (attempt.finishedAt && attempt.finishedAt >= created) ? 'second_call' : 'unknown_call';
}
