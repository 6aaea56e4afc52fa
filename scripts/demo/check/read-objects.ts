import { ListObjectsCommand, S3Client } from '@aws-sdk/client-s3';

export interface Bucket {
  endpoint: string;
  name: string;
  key: string;
}

/** Every object of the bucket, `pageSize` (1000 at most) at a time: its size in bytes by its key. */
export async function readObjects({ endpoint, name, key }: Bucket, pageSize = 1000): Promise<Map<string, number>> {
  const client = new S3Client({
    endpoint,
    region: 'auto',
    credentials: { accessKeyId: key, secretAccessKey: key },
    forcePathStyle: true,
  });
  try {
    const sizes = new Map<string, number>();
    let after: string | undefined;
    for (;;) {
      // The first version of listing, by the last key: for the second's tokens s3rver needs DES, which OpenSSL has no more.
      const page = await client.send(
        new ListObjectsCommand({ Bucket: name, MaxKeys: pageSize, ...(after === undefined ? {} : { Marker: after }) }),
      );
      for (const { Key = '', Size = 0 } of page.Contents ?? []) sizes.set(Key, Size);
      after = page.Contents?.at(-1)?.Key;
      if (!page.IsTruncated || after === undefined) break;
    }
    return sizes;
  } finally {
    client.destroy();
  }
}
