import type { TestProject } from 'vitest/node';
import { startServices } from '#scripts/services/start-services.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mongodbUri: string;
    redisUrl: string;
    /** How many logical databases tests may take, one each; 0 when the Redis is the user's own. */
    redisDatabases: number;
  }
}

const DATABASES = 4096;

/** One MongoDB and one Redis for the whole run. Without them no test runs, and the run fails. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = await startServices({
    log: (line) => process.stderr.write(`${line}\n`),
    redisConf: { databases: `${DATABASES}` },
  });
  project.provide('mongodbUri', services.mongodbUri);
  project.provide('redisUrl', services.redisUrl);
  project.provide('redisDatabases', services.started.redis ? DATABASES : 0);
  return services.stop;
}
