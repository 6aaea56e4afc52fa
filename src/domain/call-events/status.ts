import type { CallStatus, EventKind } from '../vocabulary.ts';
import { isTwilioStatus, type CallEvent, type CallStatusEvent, type LookupEvent, type TwilioStatus } from './call-event.ts';
import { byAuthority } from './canonical.ts';
import type { CallProjection } from './projection.ts';

export type ProgressEvent = CallStatusEvent | LookupEvent;

const IN_PROGRESS = 3;
const FINAL = 4;

/** A call's life: it never goes back. Of two final states the one with more authority counts. */
const RANK: Record<TwilioStatus, number> = {
  queued: 0,
  initiated: 1,
  ringing: 2,
  'in-progress': IN_PROGRESS,
  completed: FINAL,
  busy: FINAL,
  'no-answer': FINAL,
  failed: FINAL,
  canceled: FINAL,
};

/** Tell that somebody answered, even if that report is lost. */
const ANSWERED: readonly EventKind[] = ['amd', 'choice', 'recording'];

export const isProgress = (event: CallEvent): event is ProgressEvent =>
  (event.kind === 'call-status' || event.kind === 'lookup') && isTwilioStatus(event.data.status);

const isFinal = ({ data }: ProgressEvent): boolean => RANK[data.status] === FINAL;

/** All reports of the call's end, the one that counts first. */
export function endings(events: readonly CallEvent[]): ProgressEvent[] {
  const finals = events.filter(isProgress).filter(isFinal).toSorted(byAuthority);
  const [first] = finals;
  return finals.filter(({ data }) => data.status === first?.data.status);
}

export function projectStatus(
  events: readonly CallEvent[],
  ending: ProgressEvent | undefined,
): Pick<CallProjection, 'status' | 'attemptState'> {
  if (ending) return { status: stored(ending.data.status), attemptState: 'finished' };
  if (events.some((event) => rankOf(event) >= IN_PROGRESS)) return { status: 'in-progress', attemptState: 'in_progress' };
  return { status: events.some((event) => rankOf(event) === RANK.ringing) ? 'ringing' : 'queued', attemptState: 'submitted' };
}

function rankOf(event: CallEvent): number {
  if (isProgress(event)) return RANK[event.data.status];
  return ANSWERED.includes(event.kind) ? IN_PROGRESS : RANK.queued;
}

/** The seed's schema does not know `initiated`. */
const stored = (status: TwilioStatus): CallStatus => (status === 'initiated' ? 'queued' : status);
