import { relative } from 'node:path';
import { Command } from 'commander';
import { MongoClient, type Db } from 'mongodb';
import { migrationNames, pendingMigrations } from '#src/db/migrations-applied.ts';
import { migrate, migrateDown } from './migrations/migrator.ts';

const program = new Command('migrate').description(
  'Brings the database of MONGODB_URI to what this version needs. Leaves 0, or 1 with the reason.',
);

program
  .command('up', { isDefault: true })
  .description('apply all pending migrations')
  .action(() =>
    withDatabase(async (db) => {
      const applied = await migrate(db, { onWait });
      say(applied.length > 0 ? applied.map((name) => `applied ${name}`).join('\n') : 'Nothing to do: all migrations are applied.');
    }),
  );

program
  .command('down')
  .description('take the last applied migration back')
  .action(() =>
    withDatabase(async (db) => {
      const reverted = await migrateDown(db, { onWait });
      say(reverted ? `reverted ${reverted}` : 'Nothing to do: no migration is applied.');
    }),
  );

program
  .command('status')
  .description('list the migrations, applied and pending')
  .action(() =>
    withDatabase(async (db) => {
      const pending = await pendingMigrations(db);
      for (const name of await migrationNames()) say(`${pending.includes(name) ? 'pending' : 'applied'} ${name}`);
    }),
  );

program
  .command('create <name>')
  .description('write a new migration to be filled in')
  .option('--freeze <collections...>', 'with what the models ask of these collections now')
  .action(async (name: string, { freeze = [] }: { freeze?: string[] }) => {
    // Only here: it loads Mongoose and every model, which a release does not need.
    const { createMigration } = await import('./migrations/create.ts');
    say(relative(process.cwd(), await createMigration(name, new Date(), freeze)));
  });

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function withDatabase(use: (db: Db) => Promise<void>): Promise<void> {
  const uri = process.env['MONGODB_URI'];
  if (!uri) throw new Error('MONGODB_URI is not set: it must name the database, such as mongodb://localhost:27017/delauto.');
  const client = new MongoClient(uri, { writeConcern: { w: 'majority' } });
  try {
    await use(client.db());
  } finally {
    await client.close();
  }
}

function onWait(): void {
  process.stderr.write('Another process is migrating this database; waiting for it.\n');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
