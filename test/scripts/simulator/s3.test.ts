import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';

import { setupSimulator } from './setup.ts';

it('keeps objects in a bucket that exists from the start, until it is reset', async () => {
  const simulator = await setupSimulator();
  const { S3_ENDPOINT = '', S3_REGION = '', S3_BUCKET: Bucket = '', S3_ACCESS_KEY_ID = '', S3_SECRET_ACCESS_KEY = '' } = simulator.env;
  const client = new S3Client({
    endpoint: S3_ENDPOINT,
    region: S3_REGION,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    credentials: { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY },
  });
  const Key = 'recordings/1/RE1.mp3';
  await client.send(
    new PutObjectCommand({ Bucket, Key, Body: Buffer.from('audio'), ContentType: 'audio/mpeg', Metadata: { sha256: 'abc' } }),
  );
  expect(await client.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({
    ContentLength: 5,
    ContentType: 'audio/mpeg',
    Metadata: { sha256: 'abc' },
  });
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  expect(await Body?.transformToString()).toBe('audio');

  await simulator.reset();
  await expect(client.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });
  client.destroy();
});
