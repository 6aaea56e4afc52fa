import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { readObjects } from '#scripts/demo/check/read-objects.ts';
import { S3_KEY, startS3 } from '#scripts/simulator/s3.ts';

it('reads every object, also of a bucket that is listed in several pages', async () => {
  const s3 = await startS3({ port: 0, bucket: 'recordings' });
  const credentials = { accessKeyId: S3_KEY, secretAccessKey: S3_KEY };
  const client = new S3Client({ endpoint: s3.endpoint, region: 'auto', credentials, forcePathStyle: true });
  try {
    const keys = Array.from({ length: 7 }, (_, index) => `2026/${index}.mp3`);
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: 'recordings', Key, Body: 'sound' }));
    const sizes = await readObjects({ endpoint: s3.endpoint, name: 'recordings', key: S3_KEY }, 3);
    expect([...sizes.keys()].toSorted()).toEqual(keys.toSorted());
    expect(new Set(sizes.values())).toEqual(new Set([5]));
  } finally {
    client.destroy();
    await s3.stop();
  }
});
