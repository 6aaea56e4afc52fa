import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';

export interface Bucket {
  endpoint: string;
  name: string;
  key: string;
}

/** Every object of the bucket: its size in bytes by its key. */
export async function readObjects({ endpoint, name, key }: Bucket): Promise<Map<string, number>> {
  const client = new S3Client({
    endpoint,
    region: 'auto',
    credentials: { accessKeyId: key, secretAccessKey: key },
    forcePathStyle: true,
  });
  try {
    const sizes = new Map<string, number>();
    let more: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: name, ...(more === undefined ? {} : { ContinuationToken: more }) }),
      );
      for (const { Key = '', Size = 0 } of page.Contents ?? []) sizes.set(Key, Size);
      more = page.NextContinuationToken;
    } while (more !== undefined);
    return sizes;
  } finally {
    client.destroy();
  }
}
