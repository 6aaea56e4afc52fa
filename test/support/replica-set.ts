import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, type Document } from 'mongodb';
import { makeOwnFolder, removeFolder, servicesFolder } from '#scripts/services/folders.ts';
import { startMongod, type RunningMongod } from '#scripts/services/mongod.ts';
import { atTheEnd } from './stack.ts';

const MEMBERS = [0, 1, 2] as const;
const PATIENCE_MS = 60_000;
/** How long a primary that stepped down may not become one again, and waits for a secondary to have everything. */
const STEP_DOWN_SECONDS = 5;
const CATCH_UP_SECONDS = 4;

/** A command of a client for which something is prepared on the primary of this moment. */
export interface Awaited {
  /** Resolves when such a command has come. */
  met(): Promise<void>;
}

export interface ReplicaSet {
  /** All three members, and the database `delauto`. */
  readonly uri: string;
  /** Asks the primary to step down. Resolves, once another one takes writes, with the milliseconds that it took. */
  stepDown(): Promise<number>;
  /** kill -9 of the primary. Resolves, once another one takes writes, with the milliseconds that it took, and with what starts the dead one again and waits until it has caught up. */
  killPrimary(): Promise<{ ms: number; restart: () => Promise<void> }>;
  /** SIGSTOP of the primary: it hangs up on nobody. Resolves, once another one takes writes, with the milliseconds that it took, and with what wakes it and waits until it follows the others. */
  silencePrimary(): Promise<{ ms: number; wake: () => Promise<void> }>;
  /** Holds the next command of this kind (`insert`, `update`, …) on a collection up for `ms` milliseconds before it is executed. */
  hold(command: string, collection: string, ms: number): Promise<Awaited>;
  /** Executes the next command of this kind on a collection, and says that nobody knows what became of it: so that the driver sends it again, or so that it leaves that to us. */
  loseAnswer(command: string, collection: string, whoRepeats: 'driver' | 'product'): Promise<Awaited>;
}

/** Starts three mongods that are one replica set, with MongoDB's own time-outs. Gone at the end of the test file. */
export async function startReplicaSet(): Promise<ReplicaSet> {
  const folder = await makeOwnFolder(servicesFolder, 'replica-set');
  atTheEnd(() => removeFolder(folder));
  const start = (id: number, port?: number): Promise<RunningMongod> =>
    startMongod({
      dataDir: `${folder}/${id}`,
      member: true,
      // Commands can be held up only where the server was told that it is tested.
      args: ['--setParameter', 'enableTestCommands=1'],
      ...(port === undefined ? {} : { port }),
    });
  const members = await Promise.all(MEMBERS.map((id) => start(id)));
  atTheEnd(async () => void (await Promise.all(members.map(({ stop }) => stop()))));

  const hosts = members.map(({ port }) => `127.0.0.1:${port}`);
  await asking(hosts[0] ?? '', (ask) => ask({ replSetInitiate: { _id: 'rs0', members: hosts.map((host, _id) => ({ _id, host })) } }));

  /** The member that takes writes, and that a majority takes for the primary. */
  const primary = async (except?: string): Promise<string> => {
    for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await delay(20)) {
      for (const host of hosts) {
        if (host === except) continue;
        const hello = await asking(host, (ask) => ask({ hello: 1 }), LOOK_WITHIN_MS).catch(() => null);
        if (hello?.['isWritablePrimary'] === true) return host;
      }
    }
    throw new Error('the set has no primary');
  };
  const secondary = async (host: string): Promise<void> => {
    for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await delay(50)) {
      const hello = await asking(host, (ask) => ask({ hello: 1 }), LOOK_WITHIN_MS).catch(() => null);
      if (hello?.['secondary'] === true) return;
    }
    throw new Error('the member that was started again does not catch up');
  };
  await primary();
  const since = async (began: number, former: string): Promise<number> => {
    await primary(former);
    return performance.now() - began;
  };

  return {
    uri: `mongodb://${hosts.join(',')}/delauto?replicaSet=rs0`,
    async stepDown() {
      const former = await primary();
      const began = performance.now();
      // Not by force: it then hands over to a secondary that has everything, as in a planned maintenance.
      const ask = () =>
        asking(former, (send) => send({ replSetStepDown: STEP_DOWN_SECONDS, secondaryCatchUpPeriodSecs: CATCH_UP_SECONDS }));
      // Those who stepped down just before may not be elected yet.
      await ask().catch((error: unknown) => (String(error).includes('No electable secondaries') ? ask() : Promise.reject(error as Error)));
      return since(began, former);
    },
    async killPrimary() {
      const former = await primary();
      const index = hosts.indexOf(former);
      const began = performance.now();
      const member = members[index] as RunningMongod;
      await member.kill('SIGKILL');
      const restart = async (): Promise<void> => {
        members[index] = await start(index, member.port);
        await secondary(former);
      };
      return { ms: await since(began, former), restart };
    },
    async silencePrimary() {
      const former = await primary();
      const began = performance.now();
      const member = members[hosts.indexOf(former)] as RunningMongod;
      await member.kill('SIGSTOP');
      const wake = async (): Promise<void> => {
        await member.kill('SIGCONT');
        await secondary(former);
      };
      return { ms: await since(began, former), wake };
    },
    hold: async (command, collection, ms) => failNext(await primary(), command, collection, { blockConnection: true, blockTimeMS: ms }),
    loseAnswer: async (command, collection, whoRepeats) =>
      failNext(await primary(), command, collection, {
        writeConcernError: { code: UNKNOWN[whoRepeats], errmsg: 'what became of it is not known' },
        errorLabels: whoRepeats === 'driver' ? ['RetryableWriteError'] : [],
      }),
  };
}

/** Codes by MongoDB: NetworkTimeout, which does not make the driver take the primary for gone (it would wait for the next heartbeat), and WriteConcernFailed. */
const UNKNOWN = { driver: 89, product: 64 } as const;

/** Prepares this for the next command of the kind, through MongoDB's own fail point. */
async function failNext(host: string, command: string, collection: string, how: Document): Promise<Awaited> {
  const data = { failCommands: [command], namespace: `delauto.${collection}`, failInternalCommands: false, ...how };
  const { count = 0 } = await asking(host, (ask) => ask({ configureFailPoint: 'failCommand', mode: { times: 1 }, data }));
  return {
    met: async () => {
      const arrived = { waitForFailPoint: 'failCommand', timesEntered: Number(count) + 1, maxTimeMS: PATIENCE_MS };
      await asking(host, (ask) => ask(arrived));
    },
  };
}

/** One of three that share a small machine with all the rest may take its time to answer; one that is dead is asked again anyway. */
const ANSWER_WITHIN_MS = 20_000;
const LOOK_WITHIN_MS = 1000;

async function asking<Result>(
  host: string,
  use: (ask: (command: Document) => Promise<Document>) => Promise<Result>,
  serverSelectionTimeoutMS = ANSWER_WITHIN_MS,
): Promise<Result> {
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, { serverSelectionTimeoutMS });
  try {
    const admin = (await client.connect()).db('admin');
    return await use((command) => admin.command(command));
  } finally {
    await client.close();
  }
}
