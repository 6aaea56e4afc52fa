import type { CallEvent, RecordingEvent } from './call-event.ts';
import { compare } from './canonical.ts';
import type { Choice, ProjectedRecording } from './projection.ts';

const isRecording = (event: CallEvent): event is RecordingEvent => event.kind === 'recording';

/** What there is to copy. Of several recordings the longest counts: it is the one with the message. */
export function projectRecording(
  events: readonly CallEvent[],
  choice: Choice | undefined,
  isOver: boolean,
): ProjectedRecording | undefined {
  const announced = events.filter(isRecording);
  const [longest] = announced.filter(({ data }) => data.status === 'completed' && typeof data.recordingSid === 'string').toSorted(byLength);
  if (longest) return { state: 'pending', ...details(longest) };
  const absent = announced.find(({ data }) => data.status === 'absent');
  if (absent) return { state: 'absent', ...details(absent) };
  return isOver && (choice === '2' || announced.length > 0) ? { state: 'expected' } : undefined;
}

const secondsOf = ({ data: { durationSeconds } }: RecordingEvent): number => (typeof durationSeconds === 'number' ? durationSeconds : 0);

const byLength = (a: RecordingEvent, b: RecordingEvent): number =>
  compare(secondsOf(b), secondsOf(a)) || compare(a.data.recordingSid ?? '', b.data.recordingSid ?? '');

const details = ({ data: { recordingSid, durationSeconds } }: RecordingEvent) => ({
  ...(recordingSid === undefined ? {} : { sid: recordingSid }),
  ...(durationSeconds === undefined ? {} : { durationSeconds }),
});
