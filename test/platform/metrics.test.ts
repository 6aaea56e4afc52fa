import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { request } from 'undici';
import { expect, it } from 'vitest';
import { ALERTS } from '#src/platform/alert-names.ts';
import { startMetricsServer } from '#src/platform/metrics-server.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { watchQueueDepths } from '#src/platform/queue-depths.ts';

it('counts in a registry of its own', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.jobs.inc({ queue: 'call', outcome: 'done' });
  expect(await one.registry.metrics()).toContain('jobs_total{queue="call",outcome="done"} 1');
  expect(await other.registry.metrics()).not.toContain('queue="call"');
});

it('tells of each alert from the start, so that a rule sees the first rise', async () => {
  const { registry } = createMetrics();
  const text = await registry.metrics();
  for (const alert of ALERTS) expect(text).toContain(`alerts_total{alert="${alert}"} 0`);
  expect(text).toContain('fenced_writes_total{write="submitted"} 0');
  expect(text).toContain('callbacks_refused_total{reason="signature"} 0');
});

it('does not keep a process alive', async () => {
  const program = "import { createMetrics } from '#src/platform/metrics.ts'; createMetrics(); process.stdout.write('over');";
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 10_000 });
  expect(stdout).toBe('over');
});

it('reads the depth of queues when it is scraped', async () => {
  const { registry } = createMetrics();
  let waiting = 3;
  watchQueueDepths(registry, [['call', { getJobCounts: () => Promise.resolve({ waiting, failed: 1 }) }]]);
  expect(await registry.metrics()).toContain('queue_jobs{queue="call",state="waiting"} 3');
  waiting = 4;
  expect(await registry.metrics()).toContain('queue_jobs{queue="call",state="waiting"} 4');
});

it('tells no old depth, and is not held up, when Redis does not answer', async () => {
  const { registry } = createMetrics();
  let answers = true;
  const getJobCounts = () => (answers ? Promise.resolve({ waiting: 3 }) : new Promise<never>(() => undefined));
  watchQueueDepths(registry, [['call', { getJobCounts }]]);
  await registry.metrics();
  answers = false;
  const started = performance.now();
  expect(await registry.metrics()).not.toContain('queue="call"');
  expect(performance.now() - started).toBeLessThan(3000);
});

it('is served to those who scrape a worker', async () => {
  const { registry } = createMetrics();
  const server = await startMetricsServer({ host: '127.0.0.1', port: 0, registry });
  const get = (path: string, method: 'GET' | 'POST' = 'GET') => request(`http://127.0.0.1:${server.port}${path}`, { method });
  const metrics = await get('/metrics');
  expect(metrics.headers['content-type']).toContain('text/plain');
  expect(await metrics.body.text()).toContain('process_cpu_user_seconds_total');
  expect(await (await get('/livez')).body.json()).toEqual({ status: 'ok' });
  expect((await get('/other')).statusCode).toBe(404);
  expect((await get('/metrics', 'POST')).statusCode).toBe(404);
  await expect(startMetricsServer({ host: '127.0.0.1', port: server.port, registry })).rejects.toThrow('EADDRINUSE');
  await server.close();
});
