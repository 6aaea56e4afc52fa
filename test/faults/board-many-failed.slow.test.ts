import { Worker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { call } from '#queues/call.ts';
import { queuePrefix } from '#queues/job-options.ts';
import { boardWorld, PASSWORD } from '#test/support/board-world.ts';
import { figure } from '#test/support/figures.ts';

const MANY = 100_000;
/** The newest, which the first page shows, carry far more than any job of ours may. */
const HEAVY = 100;
const HEAVY_BYTES = 50_000;
const CHUNK = 5000;
const ORIGIN = 'https://delauto.example';

describe('row 29: Bull Board over a hundred thousand failed jobs', () => {
  let world: Awaited<ReturnType<typeof boardWorld>>;
  let cookie: string;
  const look = async (url: string) => {
    const started = performance.now();
    const answer = await world.app.inject({ url, headers: { cookie } });
    return { answer, ms: performance.now() - started };
  };

  beforeAll(async () => {
    world = await boardWorld({ publicUrl: ORIGIN });
    await world.register();
    const queue = world.producer.queues.get(call.name);
    if (!queue) throw new Error('there is no such queue');
    const worker = new Worker(call.name, () => Promise.reject(new Error('on purpose')), {
      connection: { url: world.url },
      prefix: queuePrefix(world.prefix, call.name),
      concurrency: 200,
      autorun: false,
    });
    for (let from = 0; from < MANY; from += CHUNK) {
      const jobs = Array.from({ length: CHUNK }, (_, index) => {
        const heavy = from + index >= MANY - HEAVY ? { blob: 'x'.repeat(HEAVY_BYTES) } : {};
        return { name: call.name, data: { attemptId: String(from + index), ...heavy }, opts: { attempts: 1, stackTraceLimit: 1 } };
      });
      await queue.addBulk(jobs);
    }
    void worker.run();
    await vi.waitUntil(async () => (await queue.getFailedCount()) === MANY, { timeout: 240_000, interval: 500 });
    await worker.close();
    const login = await world.app.inject({
      method: 'POST',
      url: '/board/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: ORIGIN },
      payload: new URLSearchParams({ email: 'admin@example.com', password: PASSWORD }).toString(),
    });
    cookie = login.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  }, 300_000);
  afterAll(() => world.close());

  it.each(['1', '10000'])('shows page %s within a second', async (page) => {
    const url = `/board/api/queues?activeQueue=${call.name}&status=failed&page=${page}&jobsPerPage=10`;
    await look(url);
    const { answer, ms } = await look(url);
    expect(answer.statusCode).toBe(200);
    const shown = answer
      .json<{ queues: { name: string; counts: { failed: number }; jobs: unknown[] }[] }>()
      .queues.find(({ name }) => name === call.name);
    expect(shown?.counts.failed).toBe(MANY);
    expect(shown?.jobs).toHaveLength(10);
    expect(ms).toBeLessThan(1000);
    figure(29, `page ${page} of 100,000 failed jobs`, ms.toFixed(0), 'ms');
  });

  it('shows nothing without a session', async () => {
    const { statusCode } = await world.app.inject({ url: `/board/api/queues?activeQueue=${call.name}&status=failed` });
    expect(statusCode).toBe(401);
  });
});
