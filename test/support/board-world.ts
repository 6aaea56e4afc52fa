import { MongoClient, MongoNetworkError, ObjectId } from 'mongodb';
import { createProducer } from '#queues/producer.ts';
import type { AgentDoc } from '#src/db/models/agents.ts';
import { createAgents } from '#src/db/repositories/agents.ts';
import { createApp } from '#src/http/app.ts';
import type { AuditEntry } from '#src/http/board/audit.ts';
import { hashPassword } from '#src/http/board/passwords.ts';
import { registerBoard } from '#src/http/board/register-board.ts';
import { createRedis } from '#src/platform/redis.ts';
import { jsonLog } from './json-log.ts';
import { freshMongoUri, freshRedis } from './services.ts';

export const PASSWORD = 'correct horse battery staple';

/** The board on a real Redis and a real MongoDB, with an admin, an agent who may look, a driver and a dismissed admin. */
export async function boardWorld({ publicUrl = 'https://delauto.example', redisUrl = '' } = {}) {
  const { url, prefix } = redisUrl ? { url: redisUrl, prefix: 'board' } : await freshRedis();
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
  /** Of the board, once it is registered. */
  const routes: { method: string; url: string }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, url });
  });

  const password = await hashPassword(PASSWORD);
  const add = async (name: string, given: { role: 'agent' | 'admin'; board_access?: 'read' }) => {
    const made = await agents.create(
      { name, ...given, password, email: `${name}@example.com`, phone: `+1202555${name}` },
      new Date(clock.ms),
    );
    return 'id' in made ? made.id : '';
  };
  const ids = {
    admin: await add('admin', { role: 'admin' }),
    reader: await add('reader', { role: 'agent', board_access: 'read' }),
    driver: await add('driver', { role: 'agent' }),
    former: await add('former', { role: 'admin' }),
  };
  const changeAgent = (id: string, $set: Partial<AgentDoc>) =>
    client
      .db()
      .collection<AgentDoc>('agents')
      .updateOne({ _id: new ObjectId(id) }, { $set });
  const dismiss = (id: string) => changeAgent(id, { is_active: false });
  await dismiss(ids.former);

  /** `at` is the address that browsers use, when it is known only after listening. */
  const register = (at = publicUrl) =>
    registerBoard(app, {
      queues: producer.queues.values(),
      agents: {
        ...agents,
        boardAccess: async (id) => (mongo.away ? Promise.reject(new MongoNetworkError('away')) : agents.boardAccess(id)),
      },
      audit: async (entry) => void audits.push(entry),
      publicUrl: at,
      secret: 'a secret of thirty-two characters',
      redis,
      prefix,
      time: { now: () => new Date(clock.ms), span: (realMs) => realMs * clock.scale },
      monotonic: () => performance.now() + waited,
    });

  const login = (email: string, given = PASSWORD, headers: Record<string, string> = { origin: publicUrl }) =>
    app.inject({
      method: 'POST',
      url: '/board/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: new URLSearchParams({ email, password: given }).toString(),
    });
  /** The header of one who has logged in. */
  const session = async (who: keyof typeof ids = 'admin') => {
    const [cookie] = (await login(`${who}@example.com`)).cookies;
    return { cookie: `${cookie?.name}=${cookie?.value}` };
  };

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
  return {
    app,
    producer,
    redis,
    url,
    prefix,
    client,
    ids,
    clock,
    audits,
    lines,
    text,
    routes,
    register,
    login,
    session,
    changeAgent,
    dismiss,
    isAway,
    wait,
    close,
  };
}
