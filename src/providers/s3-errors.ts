import { S3ServiceException } from '@aws-sdk/client-s3';
import {
  PermanentlyRefused,
  ProviderAnswer,
  ProviderDown,
  ProviderMisconfigured,
  RateLimited,
  RecordingNotFound,
  RecordingUnusable,
} from './errors.ts';
import { retryAfterMs } from './retry-after.ts';

/** R2 takes one write a second for a key. https://developers.cloudflare.com/r2/platform/limits/ */
const SLOW_DOWN_MS = 1000;

const OURS = [RecordingUnusable, RecordingNotFound, ProviderDown, ProviderMisconfigured];

/** The error that says what can be done. A HEAD has no body, so that its status may be all there is. */
export function s3Error(error: unknown): unknown {
  if (OURS.some((known) => error instanceof known)) return error;
  if (!(error instanceof S3ServiceException)) return new ProviderDown('recordings', { cause: error });
  const { name } = error;
  const status = error.$metadata.httpStatusCode ?? 0;
  const cause = new ProviderAnswer(status, name);
  if (name === 'NoSuchBucket') return new ProviderMisconfigured('recordings', name, { cause });
  if (status === 429 || name === 'SlowDown') {
    return new RateLimited(
      'recordings',
      retryAfterMs(error.$response?.headers['retry-after'], error.$response?.headers['date'], SLOW_DOWN_MS),
      { cause },
    );
  }
  if (status === 401 || status === 403) return new ProviderMisconfigured('recordings', name, { cause });
  if (status === 404) return new RecordingNotFound('recordings', { cause });
  if (status >= 400 && status < 500 && status !== 408 && status !== 409) return new PermanentlyRefused('recordings', name, { cause });
  return new ProviderDown('recordings', { cause });
}
