import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { describeCollections } from '#src/db/collections.ts';
import { migrationNames, pendingMigrations } from '#src/db/migrations-applied.ts';
import { createMigration } from '#scripts/migrations/create.ts';
import { freshMongoUri } from '#test/support/services.ts';
import { emptyDatabase, liveCollections } from './migrated.ts';

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const SCRIPT = fileURLToPath(new URL('../../scripts/migrate.ts', import.meta.url));

/** Runs the command as a process of its own. */
const run = (uri: string | undefined, ...args: string[]): Promise<Ended> => {
  const { MONGODB_URI: _, ...rest } = process.env;
  const env = uri === undefined ? rest : { ...rest, MONGODB_URI: uri };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [SCRIPT, ...args], { env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
};

it('applies once when two start at once', async () => {
  const uri = freshMongoUri();
  const both = await Promise.all([run(uri), run(uri)]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);

  const names = await migrationNames();
  const said = both.map(({ stdout }) => stdout.trim()).sort();
  expect(said).toEqual(['Nothing to do: all migrations are applied.', names.map((name) => `applied ${name}`).join('\n')]);

  const db = emptyDatabase(uri);
  expect(await db.collection('migrations').countDocuments()).toBe(names.length);
  expect(await liveCollections(db)).toHaveLength(describeCollections().length);
});

it('tells what is pending, takes the last one back and applies it again', async () => {
  const uri = freshMongoUri();
  const db = emptyDatabase(uri);
  const names = await migrationNames();
  const last = names.at(-1);
  expect((await run(uri, 'status')).stdout).toBe(names.map((name) => `pending ${name}\n`).join(''));
  expect(await pendingMigrations(db)).toEqual(names);

  await run(uri, 'up');
  expect((await run(uri, 'status')).stdout).toBe(names.map((name) => `applied ${name}\n`).join(''));
  expect(await pendingMigrations(db)).toEqual([]);

  expect((await run(uri, 'down')).stdout).toBe(`reverted ${last}\n`);
  expect(await pendingMigrations(db)).toEqual([last]);
  expect((await run(uri)).stdout).toBe(`applied ${last}\n`);
});

it.each([
  ['no address', undefined, 'MONGODB_URI is not set'],
  ['nobody there', 'mongodb://127.0.0.1:1/nobody?serverSelectionTimeoutMS=200', '127.0.0.1:1'],
  ['nonsense', 'postgres://127.0.0.1/', 'connection string'],
])('leaves 1 and one clear line: %s', async (_case, uri, message) => {
  const { code, stdout, stderr } = await run(uri);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

it('writes a new migration that says that it is not written yet', async () => {
  const folder = await temporaryFolder();
  const path = await createMigration('add_priority', new Date('2026-03-01T12:30:45Z'), [], folder);
  expect(basename(path)).toBe('20260301123045_add_priority.ts');
  const { up, down } = (await import(pathToFileURL(path).href)) as {
    up: (db: object) => Promise<void>;
    down: (db: object) => Promise<void>;
  };
  await expect(up({ databaseName: 'delauto' })).rejects.toThrow('delauto is not written yet');
  await expect(down({ databaseName: 'delauto' })).rejects.toThrow('delauto is not written yet');
});

it('freezes what the models ask of a collection', async () => {
  const folder = await temporaryFolder();
  const path = await createMigration('wider_keys', new Date('2026-03-01T12:30:45Z'), ['apikeys'], folder);
  const frozen: unknown = JSON.parse(await readFile(path.replace(/ts$/, 'json'), 'utf8'));
  expect(frozen).toEqual(describeCollections().filter(({ name }) => name === 'apikeys'));
  expect(await readFile(path, 'utf8')).toContain('./20260301123045_wider_keys.json');
});

it('writes nothing under a bad name, for an unknown collection, or over another migration', async () => {
  const folder = await temporaryFolder();
  const at = new Date('2026-03-01T12:30:45Z');
  await expect(createMigration('../escape', at, [], folder)).rejects.toThrow('will not do as a name');
  await expect(createMigration('typo', at, ['deliverys'], folder)).rejects.toThrow('no collection deliverys');
  expect(await readdir(folder)).toEqual([]);
  await createMigration('same', at, [], folder);
  await expect(createMigration('same', at, [], folder)).rejects.toThrow('EEXIST');
});

async function temporaryFolder(): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'delauto-migrations-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return pathToFileURL(`${folder}/`);
}
