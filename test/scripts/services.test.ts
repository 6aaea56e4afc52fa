import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { startMongod } from '#scripts/services/mongod.ts';
import { startRedis } from '#scripts/services/redis.ts';
import { isAlive } from '#scripts/services/folders.ts';
import { freshMongoUri, freshRedis, withDatabase } from '#test/support/services.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function connect(uri: string): Promise<MongoClient> {
  const client = await new MongoClient(uri).connect();
  closing.push(() => client.close());
  return client;
}

function redisAt(url: string): Redis {
  const redis = new Redis(url);
  closing.push(async () => redis.disconnect());
  return redis;
}

async function keptFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'services-'));
  closing.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

describe('the MongoDB of the tests', () => {
  it('is a replica set that knows transactions, from MongoDB 6.0 on', async () => {
    const client = await connect(freshMongoUri());
    const items = client.db().collection('items');
    await client.withSession((session) => session.withTransaction(() => items.insertOne({ name: 'a' }, { session })));
    expect(await items.countDocuments()).toBe(1);
    const { version } = await client.db('admin').command({ buildInfo: 1 });
    expect(Number.parseInt(version as string, 10)).toBeGreaterThanOrEqual(6);
  });

  it('gives each test a database of its own', async () => {
    const [first, second] = [await connect(freshMongoUri()), await connect(freshMongoUri())];
    await first.db().collection('items').insertOne({ name: 'a' });
    expect(await second.db().collection('items').countDocuments()).toBe(0);
  });
});

describe('the Redis of the tests', () => {
  it('gives each test keys of its own', async () => {
    const [first, second] = [await freshRedis(), await freshRedis()];
    await redisAt(first.url).set(`${first.prefix}:x`, '1');
    expect(await redisAt(second.url).exists(`${second.prefix}:x`)).toBe(0);
    expect(first.prefix).not.toBe(second.prefix);
  });
});

describe('startMongod', () => {
  it('comes back on its port with its data after kill -9', async () => {
    const dataDir = await keptFolder();
    const first = await startMongod({ dataDir });
    const client = new MongoClient(first.uri);
    await client
      .db()
      .collection('items')
      .insertOne({ name: 'a' }, { writeConcern: { w: 'majority' } });
    await client.close();
    await first.kill('SIGKILL');
    expect(isAlive(first.pid)).toBe(false);

    const second = await startMongod({ dataDir, port: first.port });
    closing.push(second.stop);
    expect(second.uri).toBe(first.uri);
    expect(await (await connect(second.uri)).db().collection('items').countDocuments()).toBe(1);
  });

  it('does not mistake a server that has its port for itself', async () => {
    const first = await startMongod();
    closing.push(first.stop);
    await expect(startMongod({ port: first.port })).rejects.toThrow(/^mongod .* did not start on port \d+ .*in use/);
  });

  it('takes the data over to another port', async () => {
    const dataDir = await keptFolder();
    const first = await startMongod({ dataDir });
    await first.stop();
    const second = await startMongod({ dataDir });
    closing.push(second.stop);
    const hello = await (await connect(second.uri)).db('admin').command({ hello: 1 });
    expect(hello).toMatchObject({ isWritablePrimary: true, hosts: [`127.0.0.1:${second.port}`] });
  });
});

describe('startRedis', () => {
  it('loses no job to full memory and a second at most to a crash', async () => {
    const server = await startRedis();
    closing.push(server.stop);
    const redis = redisAt(server.url);
    const names = ['appendonly', 'appendfsync', 'maxmemory-policy', 'hz', 'hash-max-ziplist-value'];
    const settings = await Promise.all(names.map((name) => redis.config('GET', name)));
    expect(settings.map((pair) => pair[1])).toEqual(['yes', 'everysec', 'noeviction', '100', '1024']);
  });

  it('comes back on its port with its data after kill -9', async () => {
    const dataDir = await keptFolder();
    const first = await startRedis({ dataDir, conf: { appendfsync: 'always' } });
    const before = redisAt(first.url);
    await before.set('x', '1');
    before.disconnect();
    await first.kill('SIGKILL');

    const second = await startRedis({ dataDir, port: first.port });
    closing.push(second.stop);
    expect(await redisAt(second.url).get('x')).toBe('1');
  });

  it('removes the temporary folder at the end, even of a frozen server', async () => {
    const server = await startRedis();
    await server.kill('SIGSTOP');
    await server.stop();
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(existsSync(server.dataDir)).toBe(false);
  });

  it('says in one sentence why it did not start', async () => {
    const first = await startRedis();
    closing.push(first.stop);
    const failure = await startRedis({ port: first.port }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({
      name: 'ServicesError',
      message: expect.stringMatching(/^redis .* did not start on port \d+ .*in use/),
    });
    expect((failure as Error).stack).toBe((failure as Error).message);
  });
});

describe('withDatabase', () => {
  it.each([
    ['mongodb://127.0.0.1:1/delauto?replicaSet=rs0', 'mongodb://127.0.0.1:1/x?replicaSet=rs0'],
    ['mongodb://u:p@a:1,b:2', 'mongodb://u:p@a:1,b:2/x'],
    ['mongodb+srv://host/?w=1', 'mongodb+srv://host/x?w=1'],
  ])('%s', (uri, expected) => {
    expect(withDatabase(uri, 'x')).toBe(expected);
  });
});
