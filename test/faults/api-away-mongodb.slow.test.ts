import { beforeAll, describe, it } from 'vitest';
import { startMongod } from '#scripts/services/mongod.ts';
import { livesThrough, startCables, type Cables } from './api-away.ts';

// A mongod of the test's own. Nothing can be accepted without it; what a client repeats afterwards is accepted once.

let cables: Cables;
beforeAll(async () => {
  cables = await startCables();
});

const allowed = { submitted: [503], read: [503], callback: [503] };

describe('P9: the API while MongoDB is away', () => {
  it('mongod killed with -9', async () => {
    await livesThrough(cables, {
      name: 'MongoDB killed',
      row: 13,
      allowed,
      begin: () => cables.mongod.kill('SIGKILL'),
      end: async () => {
        cables.mongod = await startMongod({ port: cables.mongod.port, dataDir: cables.mongod.dataDir });
      },
    });
  }, 240_000);

  it('mongod stopped with SIGSTOP', async () => {
    await livesThrough(cables, {
      name: 'MongoDB stopped',
      row: 13,
      allowed,
      begin: () => cables.mongod.kill('SIGSTOP'),
      end: () => cables.mongod.kill('SIGCONT'),
    });
  }, 240_000);

  it('the sockets to MongoDB in a black hole', async () => {
    await livesThrough(cables, {
      name: 'MongoDB in a black hole',
      row: 13,
      allowed,
      begin: () => cables.toMongod.blackHole(),
      end: async () => {
        await cables.toMongod.reset();
        await cables.toMongod.pass();
      },
    });
  }, 240_000);
});
