import { Command } from 'commander';
import { resolve } from 'node:path';
import { ServicesError } from './errors.ts';
import { startServices } from './start-services.ts';
import { whenAbandoned } from './when-abandoned.ts';

interface Options {
  readonly dataDir?: string;
  readonly quiet?: boolean;
}

const options = new Command('services')
  .description('Starts a MongoDB replica set and a Redis on 127.0.0.1, prints their addresses and keeps them up until Ctrl-C.')
  .option('--data-dir <folder>', 'keep the data there (default: a temporary folder, removed at the end)', (folder: string) =>
    resolve(folder),
  )
  .option('--quiet', 'print the addresses only')
  .addHelpText('after', '\nMONGODB_URI and REDIS_URL, where set, are used instead of starting a server.')
  .parse()
  .opts<Options>();

const asked = new Promise<void>((resolveAsked) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolveAsked());
  whenAbandoned(resolveAsked);
});

try {
  const services = await Promise.race([startServices({ ...options, log }), asked]);
  // Asked to end before they were up: what runs by then ends with this process.
  if (!services) process.exit(0);
  process.stdout.write(`MONGODB_URI=${services.mongodbUri}\nREDIS_URL=${services.redisUrl}\n`);
  log('Both stay up until Ctrl-C.');
  await asked;
  await services.stop();
  process.exit(0);
} catch (error) {
  if (!(error instanceof ServicesError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

function log(line: string): void {
  if (!options.quiet) process.stderr.write(`${line}\n`);
}
