import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, NotFound, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ProviderAnswer, ProviderDown, ProviderMisconfigured, RecordingNotFound, RecordingUnusable } from './errors.ts';
import type { RecordingStore } from './recordings.ts';
import { s3Error } from './s3-errors.ts';

export interface S3Settings {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Recordings in one bucket of anything that speaks S3, Cloudflare R2 first. `close` ends the idle connections. */
export function createS3Recordings({
  endpoint,
  region,
  bucket,
  accessKeyId,
  secretAccessKey,
}: S3Settings): RecordingStore & { close(): void } {
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1, // the job is what retries
    // R2 has answered the SDK's default checksums with 501. https://github.com/aws/aws-sdk-js-v3/issues/6810
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });

  const ask = async <Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw signal.aborted ? signal.reason : s3Error(error);
    }
  };

  return {
    store: ({ key, bytes, contentType, metadata }, signal) =>
      ask(signal, async () => {
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const object = { Bucket: bucket, Key: key };
        await client.send(new PutObjectCommand({ ...object, Body: bytes, ContentType: contentType, Metadata: { ...metadata, sha256 } }), {
          abortSignal: signal,
        });
        const head = await client.send(new HeadObjectCommand(object), { abortSignal: signal });
        if (head.ContentLength !== bytes.length || head.Metadata?.['sha256'] !== sha256) {
          throw new ProviderDown('recordings', { cause: new Error('the stored object is not the one that was sent') });
        }
        return { url: `${endpoint.replace(/\/+$/, '')}/${bucket}/${key}`, size: bytes.length, sha256 };
      }),

    fetch: (key, { maxBytes, signal }) =>
      ask(signal, async () => {
        const { Body, ContentLength } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
        if (!Body) throw new RecordingNotFound('recordings');
        const bytes = await readBounded(Body as AsyncIterable<Uint8Array>, maxBytes);
        if (ContentLength !== undefined && bytes.length !== ContentLength) throw new RecordingUnusable('recordings', 'truncated');
        return bytes;
      }),

    ping: (signal) =>
      ask(signal, async () => {
        await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: signal }).catch(noSuchBucket);
      }),

    close: () => client.destroy(),
  };
}

/** A HEAD's 404 has no words: here it is the bucket that is missing. */
function noSuchBucket(error: unknown): never {
  throw error instanceof NotFound ? new ProviderMisconfigured('recordings', 'NoSuchBucket', { cause: new ProviderAnswer(404) }) : error;
}

async function readBounded(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new RecordingUnusable('recordings', 'too-large'); // leaving the loop destroys the stream
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
