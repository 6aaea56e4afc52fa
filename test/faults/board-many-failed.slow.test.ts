import { Queue, Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { call } from '#queues/call.ts';
import { queuePrefix } from '#queues/job-options.ts';
import { startRedis, type RunningRedis } from '#scripts/services/redis.ts';
import { boardWorld } from '#test/support/board-world.ts';
import { figure } from '#test/support/figures.ts';

const MANY = 100_000;
/** Twelve times what our own hand may add (`PAYLOAD_LIMIT_BYTES`): as if data had come into Redis by another. */
const BYTES = 50_000;
const CHUNK = 100;
const GIB = 2 ** 30;
const PHONE = '+12025550123';

// Needs 6 GB of memory: the jobs are real, and Redis keeps them all.
describe('row 29: Bull Board over a hundred thousand failed jobs with 50 KB of data each', () => {
  let server: RunningRedis;
  let world: Awaited<ReturnType<typeof boardWorld>>;
  let headers: { cookie: string };
  const look = async (url: string) => {
    const started = performance.now();
    const answer = await world.app.inject({ url, headers });
    return { answer, ms: performance.now() - started };
  };

  beforeAll(async () => {
    // Without its file: it is not what is measured, and would be as large again.
    server = await startRedis({ conf: { appendonly: 'no' } });
    world = await boardWorld({ redisUrl: server.url });
    await world.register();
    const at = { connection: { url: world.url }, prefix: queuePrefix(world.prefix, call.name) };
    // Not the producer's, whose commands give up soon.
    const queue = new Queue(call.name, at);
    const worker = new Worker(call.name, () => Promise.reject(new Error(`cannot reach ${PHONE}`)), {
      ...at,
      concurrency: 200,
      autorun: false,
    });
    const blob = `${PHONE} ${'x'.repeat(BYTES - PHONE.length - 1)}`;
    for (let from = 0; from < MANY; from += CHUNK) {
      const jobs = Array.from({ length: CHUNK }, (_, index) => {
        return { name: call.name, data: { attemptId: String(from + index), blob }, opts: { attempts: 1, stackTraceLimit: 1 } };
      });
      await queue.addBulk(jobs);
    }
    void worker.run();
    await vi.waitUntil(async () => (await queue.getFailedCount()) === MANY, { timeout: 400_000, interval: 500 });
    await worker.close();
    await queue.close();
    const used = /^used_memory:(\d+)/m.exec(await world.redis.info('memory'))?.[1];
    expect(Number(used)).toBeGreaterThan(MANY * BYTES);
    figure(29, 'Redis with 100,000 failed jobs of 50 KB', (Number(used) / GIB).toFixed(1), 'GiB');
    headers = await world.session('reader');
  }, 600_000);
  afterAll(async () => {
    await world.close();
    await server.stop();
  });

  it.each([
    ['1', '10'],
    ['10000', '10'],
    ['1', '100'],
  ])('shows page %s of %s jobs within a second, without the phone number', async (page, jobsPerPage) => {
    const { answer, ms } = await look(`/board/api/queues?activeQueue=${call.name}&status=failed&page=${page}&jobsPerPage=${jobsPerPage}`);
    expect(answer.statusCode).toBe(200);
    const shown = answer
      .json<{ queues: { name: string; counts: { failed: number }; jobs: { data: { blob: string } }[] }[] }>()
      .queues.find(({ name }) => name === call.name);
    expect(shown?.counts.failed).toBe(MANY);
    expect(shown?.jobs).toHaveLength(Number(jobsPerPage));
    for (const { data } of shown?.jobs ?? []) expect(data.blob.length).toBeGreaterThan(BYTES - 10);
    expect(answer.body).toContain('cannot reach [phone]');
    expect(answer.body).not.toContain(PHONE);
    expect(ms).toBeLessThan(1000);
    figure(29, `page ${page}, ${jobsPerPage} of 100,000 failed jobs of 50 KB`, ms.toFixed(0), 'ms');
  });

  it('shows nothing without a session', async () => {
    const { statusCode } = await world.app.inject({ url: `/board/api/queues?activeQueue=${call.name}&status=failed` });
    expect(statusCode).toBe(401);
  });
});
