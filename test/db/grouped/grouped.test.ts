import { inspect } from 'node:util';
import { ObjectId, type Collection, type CommandStartedEvent, type Document } from 'mongodb';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { groupedFind, groupedFindBy } from '#src/db/grouped/find.ts';
import { groupedInsert } from '#src/db/grouped/insert.ts';
import { RefusedWrite } from '#src/db/grouped/refused-writes.ts';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import { freshMongoUri } from '#test/support/services.ts';

interface Thing {
  _id: ObjectId;
  name: string;
  size: number;
  revision?: ObjectId;
}

const client = new MongoClient(freshMongoUri(), { monitorCommands: true });
let things: Collection<Thing>;
let commands: string[] = [];
beforeAll(async () => {
  await client.connect();
  client.on('commandStarted', ({ commandName }: CommandStartedEvent) => void commands.push(commandName));
  const validator = { $jsonSchema: { properties: { size: { bsonType: 'number' } } } };
  things = await client.db().createCollection<Thing>('things', { validator });
  await things.createIndex({ name: 1 }, { unique: true });
});
afterAll(async () => {
  await client.close();
});
beforeEach(async () => {
  await things.deleteMany({});
  commands = [];
});

const thing = (name: string, over: Partial<Thing> = {}): Thing => ({ _id: new ObjectId(), name, size: 1, ...over });
const circular = (): Thing => {
  const made: Document = thing('circular');
  made['self'] = made;
  return made as Thing;
};
const names = async () => (await things.find().sort({ name: 1 }).toArray()).map(({ name }) => name);

describe('insert', () => {
  it('callers that meet share one command, and each has its own fate', async () => {
    await things.insertOne(thing('there'));
    const insert = groupedInsert(things);
    commands = [];
    const results = await Promise.allSettled([
      insert(thing('a')),
      insert(thing('there')),
      insert(thing('refused', { size: 'large' as never })),
      insert(thing('b')),
    ]);
    expect(results).toMatchObject([{ value: 'inserted' }, { value: 'duplicate' }, { status: 'rejected' }, { value: 'inserted' }]);
    expect(await names()).toEqual(['a', 'b', 'there']);
    expect(commands).toEqual(['insert', 'find']);
  });

  it('a refusal is an error with a code, in which the document cannot be found', async () => {
    const refused = await groupedInsert(things)(thing('Ann Other', { size: 'large' as never })).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedWrite);
    expect(refused).toMatchObject({ code: 121, message: 'MongoDB refused the write (121)' });
    expect(inspect(refused, { depth: 10 }) + JSON.stringify(refused)).not.toContain('Ann');
  });

  it('the same document twice in one group is there once', async () => {
    const insert = groupedInsert(things);
    const same = thing('a');
    expect(await Promise.all([insert(same), insert({ ...same })])).toEqual(['inserted', 'duplicate']);
  });

  it.each([
    ['cannot be serialised', circular],
    ['is too large', () => thing('x'.repeat(17 * 1024 * 1024))],
  ])('a document that %s fails alone', async (_, make) => {
    const insert = groupedInsert(things);
    const results = await Promise.allSettled([insert(thing('a')), insert(make()), insert(thing('b'))]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await names()).toEqual(['a', 'b']);
  });

  it('many callers with many duplicates all get the right answer', async () => {
    const insert = groupedInsert(things);
    const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => insert(thing(`n${index % 250}`))));
    expect(answers.filter((answer) => answer === 'inserted')).toHaveLength(250);
    expect(await things.countDocuments()).toBe(250);
  });
});

describe('update', () => {
  it('tells each caller whether its own guard held', async () => {
    const [a, b, c] = [thing('a'), thing('b', { size: 5 }), thing('c')];
    await things.insertMany([a, b, c]);
    const update = groupedUpdate(things);
    const grow = ({ _id }: Pick<Thing, '_id'>) => update({ _id, guard: { size: 1 }, update: { $set: { size: 2 } } });
    expect(await Promise.all([grow(a), grow(b), grow({ _id: new ObjectId() }), grow(c)])).toEqual([true, false, false, true]);
    expect((await things.find().sort({ name: 1 }).toArray()).map(({ size }) => size)).toEqual([2, 5, 2]);
  });

  it('of many that want the same move one makes it', async () => {
    const a = thing('a');
    await things.insertOne(a);
    const writers = [groupedUpdate(things), groupedUpdate(things)];
    const moves = Array.from({ length: 40 }, (_, index) =>
      (writers[index % 2] as (typeof writers)[0])({ _id: a._id, guard: { size: 1 }, update: { $inc: { size: 1 } } }),
    );
    expect((await Promise.all(moves)).filter(Boolean)).toHaveLength(1);
    expect(await things.findOne({ _id: a._id })).toMatchObject({ size: 2 });
  });

  it('writes to one document go one after the other, and each is told', async () => {
    const a = thing('a');
    await things.insertOne(a);
    const update = groupedUpdate(things);
    const step = (from: number) => update({ _id: a._id, guard: { size: from }, update: { $set: { size: from + 1 } } });
    expect(await Promise.all([step(1), step(2), step(7), step(3)])).toEqual([true, true, false, true]);
    expect(await things.findOne({ _id: a._id })).toMatchObject({ size: 4 });
  });

  it('what went before a failure is written, and its caller is told so; who comes after it hears of the failure', async () => {
    const [a, b] = [thing('a'), thing('b')];
    await things.insertMany([a, b]);
    let commands = 0;
    const failing = new Proxy(things, {
      get: (target, key) => {
        if (key !== 'bulkWrite') return Reflect.get(target, key) as unknown;
        return async (...given: Parameters<typeof things.bulkWrite>) => {
          commands += 1;
          if (commands === 2) throw new Error('no primary');
          return target.bulkWrite(...given);
        };
      },
    });
    const update = groupedUpdate(failing);
    const step = (of: Thing, from: number) => update({ _id: of._id, guard: { size: from }, update: { $set: { size: from + 1 } } });
    const results = await Promise.allSettled([step(a, 1), step(a, 2), step(b, 1), step(b, 9), step(a, 3)]);
    const failure = { status: 'rejected', reason: new Error('no primary') };
    const written = { status: 'fulfilled', value: true };
    expect(results).toEqual([written, failure, written, failure, failure]);
    expect(commands).toBe(2);
    expect(await things.find().sort({ name: 1 }).toArray()).toMatchObject([{ size: 2 }, { size: 2 }]);
  });

  it('a write that the server refuses rejects its caller alone', async () => {
    const [a, b, c] = [thing('a'), thing('b'), thing('c')];
    await things.insertMany([a, b, c]);
    const update = groupedUpdate(things);
    const rename = ({ _id }: Thing, name: string, guard = {}) => update({ _id, guard, update: { $set: { name } } });
    const results = await Promise.allSettled([rename(a, 'z'), rename(b, 'c'), rename(c, 'y', { size: 9 })]);
    expect(results).toMatchObject([{ value: true }, { status: 'rejected', reason: { code: 11_000 } }, { value: false }]);
    expect(await names()).toEqual(['b', 'c', 'z']);
  });

  it('a refusal is an error with a code, in which what was to be written cannot be found', async () => {
    const [a, b] = [thing('a'), thing('Ann Other')];
    await things.insertMany([a, b]);
    const update = groupedUpdate(things)({ _id: a._id, guard: {}, update: { $set: { name: 'Ann Other' } } });
    const refused = await update.catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RefusedWrite);
    expect(refused).toMatchObject({ code: 11_000 });
    expect(inspect(refused, { depth: 10 }) + JSON.stringify(refused)).not.toContain('Ann');
  });

  it('a write that cannot be serialised fails alone', async () => {
    const [a, b] = [thing('a'), thing('b')];
    await things.insertMany([a, b]);
    const update = groupedUpdate(things);
    const results = await Promise.allSettled([
      update({ _id: a._id, guard: {}, update: { $set: { size: 2 } } }),
      update({ _id: b._id, guard: {}, update: { $set: circular() } }),
    ]);
    expect(results).toMatchObject([{ value: true }, { status: 'rejected' }]);
  });
});

describe('find', () => {
  it('callers that meet share one read; each gets its own document or null', async () => {
    const [a, b] = [thing('a'), thing('b')];
    await things.insertMany([a, b]);
    const find = groupedFind<Thing, ObjectId>(things, '_id');
    commands = [];
    const [first, missing, second, again] = await Promise.all([find(a._id), find(new ObjectId()), find(b._id), find(a._id)]);
    expect([first?.name, missing, second?.name, again?.name]).toEqual(['a', null, 'b', 'a']);
    expect(commands).toEqual(['find']);
  });

  it('by a key of several fields, of which more may be found than was asked', async () => {
    await things.insertMany([thing('a', { size: 1 }), thing('b', { size: 2 }), thing('c', { size: 1 })]);
    const find = groupedFindBy<Thing, { name: string; size: number; toString(): string }>(
      things,
      (keys) => ({ name: { $in: keys.map(({ name }) => name) }, size: { $in: keys.map(({ size }) => size) } }),
      ({ name, size }) => `${name}:${size}`,
    );
    const key = (name: string, size: number) => ({ name, size, toString: () => `${name}:${size}` });
    const found = await Promise.all([find(key('a', 1)), find(key('b', 1)), find(key('b', 2))]);
    expect(found.map((doc) => doc?.name)).toEqual(['a', undefined, 'b']);
  });

  it('when the server refuses, every caller of the group hears of it', async () => {
    const find = groupedFindBy<Thing, string>(
      things,
      () => ({ $nonsense: 1 }),
      ({ name }) => name,
    );
    const results = await Promise.allSettled([find('a'), find('b')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
