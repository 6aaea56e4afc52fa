import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import mongoose from 'mongoose';
import { afterEach, beforeAll, expect, inject, it, vi } from 'vitest';
import { createClosing, type Closing } from '#scripts/demo/closing.ts';
import { parseOptions } from '#scripts/demo/options.ts';
import { runDemo } from '#scripts/demo/run-demo.ts';
import { openWorld, type World } from '#scripts/demo/world.ts';
import { defineModels } from '#src/db/models/models.ts';

let closing: Closing;

beforeAll(() => {
  // The servers of this test run, in a database and under a prefix of the demo's own.
  vi.stubEnv('MONGODB_URI', inject('mongodbUri'));
  vi.stubEnv('REDIS_URL', inject('redisUrl'));
});
afterEach(() => closing.close());

async function aWorld(): Promise<World> {
  closing = createClosing();
  return openWorld({ scale: 300, seed: '1', settings: {}, log: () => undefined, onLine: undefined, own: closing.own });
}

it('brings eight deliveries to their ends, and leaves nothing but valid documents', { timeout: 90_000 }, async () => {
  const world = await aWorld();
  const lines: string[] = [];
  const out = new PassThrough();
  const shown = text(out);

  const options = parseOptions(['--count', '8', '--patience', '30']);
  const fine = await Promise.race([
    runDemo(options, world, { say: (line) => lines.push(line), out }, AbortSignal.timeout(80_000)),
    world.died,
  ]);
  out.end();

  expect(lines.filter((line) => line.startsWith('WRONG'))).toEqual([]);
  expect(fine).toBe(true);
  expect(await shown).toContain('8 of 8 settled');
  const told = lines.join('\n');
  for (const words of ['left a message', 'busy, then', 'never again', 'wrong number', 'hung up', 'cancelled by'])
    expect(told).toContain(words);
  expect(Math.max(...told.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(told).not.toMatch(/\+1\d{10}/);

  await expectValidDocuments(world);
});

/** Reads all that the run has left through the full Mongoose models: what they would have written themselves. */
async function expectValidDocuments({ env }: World): Promise<void> {
  const connection = await mongoose.createConnection(env['MONGODB_URI'] ?? '', { autoIndex: false, autoCreate: false }).asPromise();
  try {
    const counts: Record<string, number> = {};
    for (const model of Object.values(defineModels(connection)) as unknown as AnyModel[]) {
      const raw = await model.collection.find().toArray();
      counts[model.modelName] = raw.length;
      for (const stored of raw) {
        const read = model.hydrate(stored);
        await expect(read.validate(), `${model.modelName} ${String(stored['_id'])}`).resolves.toBeUndefined();
        expect(lacking(model, stored), `${model.modelName}'s defaults and timestamps`).toEqual([]);
        expect(unknown(model, stored), `fields that ${model.modelName} does not know`).toEqual([]);
      }
    }
    expect(counts).toMatchObject({ Delivery: 8, Customer: 8, Agent: 5, ApiKey: 1, CallLog: 7, Recording: 3, Notification: 8, OptOut: 1 });
  } finally {
    await connection.close();
  }
}

type AnyModel = mongoose.Model<Record<string, unknown>>;

/** Which fields the schema does not name, unless it is open to any. */
function unknown({ schema }: AnyModel, stored: Record<string, unknown>): string[] {
  if (schema.get('strict') === false) return [];
  const known = new Set(Object.keys(schema.paths).map((path) => path.split('.')[0]));
  return Object.keys(stored).filter((field) => !known.has(field));
}

/** Which paths with a default, and which timestamps, the stored document lacks. */
function lacking({ schema }: AnyModel, stored: Record<string, unknown>): string[] {
  const owed = Object.entries(schema.paths).filter(([, type]) => type.options.default !== undefined || type.instance === 'Array');
  const stamps = schema.get('timestamps') ? ['createdAt', 'updatedAt'] : [];
  const has = (path: string): boolean =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], stored) !== undefined;
  return [...owed.map(([path]) => path), ...stamps].filter((path) => !has(path));
}
