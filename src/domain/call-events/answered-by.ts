import type { CallEvent } from './call-event.ts';
import { byAuthority } from './canonical.ts';
import { isProgress } from './status.ts';

/** Who answered: what the detection reported, else what came with the call's own reports. Undefined: not known, or not yet. */
export function projectAnsweredBy(events: readonly CallEvent[]): string | undefined {
  const ordered = events.toSorted(byAuthority);
  const detected = ordered.flatMap((event) => (event.kind === 'amd' ? [event.data.answeredBy] : []));
  const reported = ordered.flatMap((event) => (isProgress(event) ? [event.data.answeredBy] : []));
  return [...detected, ...reported].find((verdict) => typeof verdict === 'string' && verdict !== '');
}

/** Whether the detection has said anything: there is one such report a call. */
export const isDetected = (events: readonly CallEvent[]): boolean => events.some(({ kind }) => kind === 'amd');

/** Detection is right in 85 to 90 of 100 calls: what it does not know counts as human. */
export const isMachine = (answeredBy: string): boolean => answeredBy.startsWith('machine') || answeredBy === 'fax';
