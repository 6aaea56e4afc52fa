import { MongoClient, MongoNetworkError, ObjectId } from 'mongodb';
import { createProducer } from '#queues/producer.ts';
import { createAgents } from '#src/db/repositories/agents.ts';
import { createApp } from '#src/http/app.ts';
import type { AuditEntry } from '#src/http/board/audit.ts';
import { hashPassword } from '#src/http/board/passwords.ts';
import { registerBoard } from '#src/http/board/register-board.ts';
import { createRedis } from '#src/platform/redis.ts';
import { jsonLog } from './json-log.ts';
import { freshMongoUri, freshRedis } from './services.ts';

export const PASSWORD = 'correct horse battery staple';

/** The board on a real Redis and a real MongoDB, with an admin, a driver and a dismissed admin. */
export async function boardWorld({ publicUrl = 'https://delauto.example' } = {}) {
  const { url, prefix } = await freshRedis();
  const { log, lines, text } = jsonLog();
  const redis = createRedis({ url, clusterNodes: undefined }, 'producer', log);
  await new Promise((ready) => redis.once('ready', ready));
  const producer = createProducer(redis, prefix);
  const client = await new MongoClient(freshMongoUri()).connect();
  const agents = createAgents(client.db());
  const clock = { ms: Date.parse('2026-11-24T12:00:00Z'), scale: 1 };
  const audits: AuditEntry[] = [];
  const mongo = { away: false };
  let waited = 0;
  const app = await createApp({ log });

  const password = await hashPassword(PASSWORD);
  const add = async (name: string, role: 'agent' | 'admin') => {
    const made = await agents.create({ name, role, password, email: `${name}@example.com`, phone: `+1202555${name}` }, new Date(clock.ms));
    return 'id' in made ? made.id : '';
  };
  const ids = { admin: await add('admin', 'admin'), driver: await add('driver', 'agent'), former: await add('former', 'admin') };
  const dismiss = (id: string) =>
    client
      .db()
      .collection('agents')
      .updateOne({ _id: new ObjectId(id) }, { $set: { is_active: false } });
  await dismiss(ids.former);

  /** `at` is the address that browsers use, when it is known only after listening. */
  const register = (at = publicUrl) =>
    registerBoard(app, {
      queues: producer.queues.values(),
      agents: {
        ...agents,
        isActiveAdmin: async (id) => (mongo.away ? Promise.reject(new MongoNetworkError('away')) : agents.isActiveAdmin(id)),
      },
      audit: async (entry) => void audits.push(entry),
      publicUrl: at,
      secret: 'a secret of thirty-two characters',
      redis,
      prefix,
      time: { now: () => new Date(clock.ms), span: (realMs) => realMs * clock.scale },
      monotonic: () => performance.now() + waited,
    });

  /** Whether MongoDB answers the board. */
  const isAway = (away: boolean) => void (mongo.away = away);
  /** Lets so many milliseconds pass, but for the clock on the wall (`clock`). */
  const wait = (ms: number) => void (waited += ms);

  const close = async () => {
    await app.close();
    await producer.close();
    redis.disconnect();
    await client.close();
  };
  return { app, producer, redis, url, prefix, client, ids, clock, audits, lines, text, register, dismiss, isAway, wait, close };
}
