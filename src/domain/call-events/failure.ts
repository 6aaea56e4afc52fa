import type { CallProjection } from './projection.ts';
import type { ProgressEvent } from './status.ts';

/** What a failed call's error code says beyond that it failed: no call to this phone will succeed, or its owner wants none. */
export type FailureMeaning = 'undialable' | 'opted_out';

/** Why Twilio could not connect; where it gives no code of its own, the telephone network's (404: not reachable). */
export function projectFailure([ending]: readonly ProgressEvent[]): Pick<CallProjection, 'errorCode' | 'errorMessage'> {
  if (!ending) return {};
  const { status, errorCode, errorMessage, sipResponseCode } = ending.data;
  const code = errorCode ?? (status === 'failed' && typeof sipResponseCode === 'number' ? `sip_${sipResponseCode}` : undefined);
  return {
    ...(code === undefined ? {} : { errorCode: code }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
  };
}
