import { type Db, MongoClient, MongoServerError } from 'mongodb';
import { obtainMongod } from './mongod-ways.ts';
import { type RunningServer, type ServerOptions, startServer } from './server.ts';

export interface RunningMongod extends RunningServer {
  /** With the replica set and the database `delauto`. */
  readonly uri: string;
}

export interface MongodOptions extends ServerOptions {
  /** Name of the replica set that it alone is; default 'rs0'. */
  readonly replSet?: string;
  /** Further words for mongod's command line. */
  readonly args?: readonly string[];
  /** True: one of several, which whoever starts them makes a set; it is waited for until it answers, and no longer. Default: it becomes the primary of a set of its own. */
  readonly member?: boolean;
}

/**
 * Starts a mongod, as a replica set of one unless told otherwise, and waits until it is primary. Journaling is on, as always since MongoDB 6.0.
 *
 * @throws ServicesError in one sentence, when there is no mongod to be had or it does not start.
 */
export async function startMongod(options: MongodOptions = {}): Promise<RunningMongod> {
  const replSet = options.replSet ?? 'rs0';
  const binary = options.binary ?? (await obtainMongod(options.log ?? (() => undefined)));
  const server = await startServer(
    {
      name: 'mongod',
      binary,
      args: ({ port, dataDir, log }) => [
        ...['--port', `${port}`, '--bind_ip', '127.0.0.1', '--nounixsocket', '--dbpath', dataDir],
        ...['--logpath', log, '--logappend', '--replSet', replSet, '--oplogSize', '256', '--wiredTigerCacheSizeGB', '0.5'],
        ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
        // A primary that is asked to end otherwise waits 15 s for its clients to leave.
        ...['--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=0'],
        ...(options.args ?? []),
      ],
      ready: ({ port, pid }) => becomeReady(port, pid, replSet, options.member ?? false),
    },
    options,
  );
  return { ...server, uri: `mongodb://127.0.0.1:${server.port}/delauto?replicaSet=${replSet}` };
}

async function becomeReady(port: number, pid: number, replSet: string, member: boolean): Promise<void> {
  const host = `127.0.0.1:${port}`;
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, { serverSelectionTimeoutMS: 300, connectTimeoutMS: 2_000 });
  try {
    const admin = (await client.connect()).db('admin');
    const status = await admin.command({ serverStatus: 1 });
    if (Number(status['pid']) !== pid) throw new Error('another server has the port');
    if (member) return;
    const hello = await admin.command({ hello: 1 });
    if (hello['isWritablePrimary']) return;
    if (!hello['setName'] && hello['isreplicaset']) {
      await initiate(admin, replSet, host);
    }
    throw new Error('it does not become primary');
  } finally {
    await client.close();
  }
}

async function initiate(admin: Db, replSet: string, host: string): Promise<void> {
  const members = [{ _id: 0, host }];
  try {
    await admin.command({ replSetInitiate: { _id: replSet, members } });
  } catch (error) {
    if (!(error instanceof MongoServerError && error.codeName === 'AlreadyInitialized')) throw error;
    // Data of an earlier run on another port: the set's member list names that one, so that this mongod does not recognise itself.
    const { config } = (await admin.command({ replSetGetConfig: 1 })) as { config: { version: number } };
    await admin.command({ replSetReconfig: { ...config, members, version: config.version + 1 }, force: true });
  }
}
