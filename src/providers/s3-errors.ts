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

/** The error that says what can be done. A HEAD has no body, and what stands between us and the store may answer in words of its own: then the status is all there is. */
export function s3Error(error: unknown): unknown {
  if (OURS.some((known) => error instanceof known)) return error;
  const status = statusOf(error);
  if (status < 400) return new ProviderDown('recordings', { cause: error });
  const name = error instanceof S3ServiceException ? error.name : String(status);
  const cause = new ProviderAnswer(status, name);
  if (name === 'NoSuchBucket') return new ProviderMisconfigured('recordings', name, { cause });
  if (status === 429 || name === 'SlowDown') return new RateLimited('recordings', waitMs(error), { cause });
  // 501: R2 says so of what it will never do, such as checksums that it does not know. Every request of ours would meet it.
  if (status === 401 || status === 403 || status === 501) return new ProviderMisconfigured('recordings', name, { cause });
  if (status === 404) return new RecordingNotFound('recordings', { cause });
  if (status < 500 && status !== 408 && status !== 409) return new PermanentlyRefused('recordings', name, { cause });
  return new ProviderDown('recordings', { cause });
}

/** What the SDK hangs onto every error that an answer caused. */
interface Answered {
  $metadata?: { httpStatusCode?: number | undefined };
  $response?: { headers: Readonly<Record<string, string | undefined>> } | undefined;
}

/** 0: there was no answer. */
const statusOf = (error: unknown): number => (error as Answered).$metadata?.httpStatusCode ?? 0;

const waitMs = (error: unknown): number => {
  const { headers = {} } = (error as Answered).$response ?? {};
  return retryAfterMs(headers['retry-after'], headers['date'], SLOW_DOWN_MS);
};
