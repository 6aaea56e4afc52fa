import type { CallEvent } from './call-event.ts';
import { isDate } from './canonical.ts';
import type { CallProjection } from './projection.ts';
import { isProgress, type ProgressEvent } from './status.ts';

const SECOND = 1000;

/** When the call began and ended and how long it lasted: as Twilio says it, else by when it was reported. `endings`: the one that counts first. */
export function projectTimes(
  events: readonly CallEvent[],
  endings: readonly ProgressEvent[],
): Pick<CallProjection, 'startTime' | 'endTime' | 'durationSeconds'> {
  const durationSeconds = endings.map(({ data }) => data.durationSeconds).find((seconds) => Number.isFinite(seconds));
  const endTime = endings.map(({ data }) => data.endTime).find(isDate) ?? endings[0]?.occurredAt;
  const startTime = started(events) ?? (endTime && durationSeconds ? new Date(endTime.getTime() - durationSeconds * SECOND) : undefined);
  return {
    ...(startTime ? { startTime } : {}),
    ...(endTime ? { endTime } : {}),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
}

function started(events: readonly CallEvent[]): Date | undefined {
  const progress = events.filter(isProgress);
  const said = progress.map(({ data }) => data.startTime).find(isDate);
  return said ?? progress.find(({ kind, data }) => kind === 'call-status' && data.status === 'in-progress')?.occurredAt;
}
