import { beforeAll, describe, it } from 'vitest';
import { startRedis } from '#scripts/services/redis.ts';
import { livesThrough, startCables, type Cables } from './api-away.ts';

// A redis-server of the test's own. The API keeps its state in MongoDB, so that nothing may be refused.

let cables: Cables;
beforeAll(async () => {
  cables = await startCables();
});

const allowed = { submitted: [200, 202], read: [200], callback: [204] };

describe('row 8: the API while Redis is away', () => {
  it('redis-server killed with -9', async () => {
    await livesThrough(cables, {
      name: 'Redis killed',
      row: 8,
      allowed,
      begin: () => cables.redis.kill('SIGKILL'),
      end: async () => {
        cables.redis = await startRedis({ port: cables.redis.port, dataDir: cables.redis.dataDir });
      },
    });
  }, 240_000);

  it('redis-server stopped with SIGSTOP', async () => {
    await livesThrough(cables, {
      name: 'Redis stopped',
      row: 8,
      allowed,
      begin: () => cables.redis.kill('SIGSTOP'),
      end: () => cables.redis.kill('SIGCONT'),
    });
  }, 240_000);

  it('the sockets to Redis in a black hole', async () => {
    await livesThrough(cables, {
      name: 'Redis in a black hole',
      row: 8,
      allowed,
      begin: () => cables.toRedis.blackHole(),
      end: async () => {
        await cables.toRedis.reset();
        await cables.toRedis.pass();
      },
    });
  }, 240_000);
});
