import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import S3rver from 's3rver';

export interface S3 {
  endpoint: string;
  /** Empties the bucket. */
  reset: () => Promise<void>;
  stop: () => Promise<void>;
}

/** The only key pair that s3rver knows; it does not check the secret. */
export const S3_KEY = 'S3RVER';

/** A real S3-speaking server with one bucket, its objects in a folder of their own that goes with it. */
export const startS3 = async ({ port, bucket }: { port: number; bucket: string }): Promise<S3> => {
  const directory = await mkdtemp(join(tmpdir(), 'delauto-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port,
    silent: true,
    directory,
    vhostBuckets: false,
    allowMismatchedSignatures: true,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const address = await server.run();
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    reset: async () => {
      server.reset();
      await server.configureBuckets();
    },
    stop: async () => {
      const closed = server.close();
      server.httpServer.closeAllConnections(); // clients keep theirs alive
      await closed;
      await rm(directory, { recursive: true, force: true });
    },
  };
};
