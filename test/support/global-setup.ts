import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import type { TestProject } from 'vitest/node';
import { startServices } from '#scripts/services/start-services.ts';

declare module 'vitest' {
  interface ProvidedContext {
    mongodbUri: string;
    /** How the names of those databases begin that serve one test file after another, in this run alone. */
    keptDatabases: string;
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
  const keptDatabases = `test-kept-${randomBytes(8).toString('hex')}`;
  project.provide('keptDatabases', keptDatabases);
  project.provide('redisUrl', services.redisUrl);
  project.provide('redisDatabases', services.started.redis ? DATABASES : 0);
  return async () => {
    if (!services.started.mongod) await dropDatabases(services.mongodbUri, keptDatabases);
    await services.stop();
  };
}

/** Leaves nothing behind in a MongoDB that is the user's own. */
async function dropDatabases(uri: string, prefix: string): Promise<void> {
  const client = new MongoClient(uri);
  try {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    for (const { name } of databases) if (name.startsWith(prefix)) await client.db(name).dropDatabase();
  } finally {
    await client.close();
  }
}
