import { once } from 'node:events';
import { connect } from 'node:net';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { createApp, type App } from '#src/http/app.ts';
import { createMetrics } from '#src/platform/metrics.ts';
import { jsonLog } from '#test/support/json-log.ts';

let app: App;
afterEach(async () => {
  await app.close();
});

async function setup() {
  const { log, lines, text } = jsonLog();
  const metrics = createMetrics();
  app = await createApp({ log, metrics });
  app.get('/things/:id', (asked) => {
    asked.log.info('inside');
    return { traceId: asked.traceId };
  });
  return { lines, text, metrics };
}

describe('the trace id', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('is the caller’s, in the answer and in every line of the log', async () => {
    const { lines } = await setup();
    const answer = await app.inject({ url: '/things/1', headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
    expect(answer.json()).toEqual({ traceId });
    expect(answer.headers['x-trace-id']).toBe(traceId);
    expect(lines.map((line) => line['traceId'])).toEqual([traceId, traceId]);
  });

  it('is a new one otherwise', async () => {
    await setup();
    const [one, other] = [await app.inject('/things/1'), await app.inject('/things/1')];
    expect(one.json().traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(one.json().traceId).not.toBe(other.json().traceId);
  });

  it('is in a problem as well', async () => {
    await setup();
    const answer = await app.inject('/nowhere');
    expect(answer.json().trace_id).toBe(answer.headers['x-trace-id']);
  });
});

describe('the log', () => {
  it('has one line a request: the route, no ids, no query, no headers', async () => {
    const { lines, text } = await setup();
    await app.inject({ url: '/things/4711?mail=ann@example.com', headers: { authorization: 'Bearer secret' } });
    expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([{ method: 'GET', route: '/things/:id', status: 200 }]);
    expect(text()).not.toMatch(/4711|ann@|secret/);
  });
});

describe('the answer', () => {
  it('may load, run and frame nothing', async () => {
    await setup();
    const { headers } = await app.inject('/things/1');
    expect(headers['content-security-policy']).toBe("default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'");
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  it('is measured by its route', async () => {
    const { metrics } = await setup();
    await app.inject('/things/1');
    await app.inject('/nowhere');
    const text = await metrics.registry.getSingleMetricAsString('http_request_duration_seconds');
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/things/:id",status="200"} 1');
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="none",status="404"} 1');
  });

  it('believes no header about who asks', async () => {
    await setup();
    app.get('/who', (asked) => ({ ip: asked.ip, host: asked.hostname }));
    const answer = await app.inject({ url: '/who', headers: { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'evil.example' } });
    expect(answer.json()).toEqual({ ip: '127.0.0.1', host: 'localhost' });
  });
});

describe('closing', () => {
  async function underWay() {
    await setup();
    const arrived = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    app.get('/slow', async () => {
      arrived.resolve();
      await gate.promise;
      return { done: true };
    });
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const answer = request(`${address}/slow`);
    await arrived.promise;
    return { address, answer, finish: gate.resolve };
  }

  it('finishes what is under way and takes nothing new', async () => {
    const { address, answer, finish } = await underWay();
    const closing = app.close();
    const tried = async () => (await request(`${address}/things/1`).catch(() => null))?.statusCode ?? 503;
    await expect.poll(tried).toBe(503);
    finish();
    const { headers, body } = await answer;
    expect(await body.json()).toEqual({ done: true });
    expect(headers['connection']).toBe('close');
    await closing;
  });

  it('waits for no connection that asks for nothing', async () => {
    const { address, answer, finish } = await underWay();
    const idle = connect(Number(new URL(address).port), '127.0.0.1');
    await once(idle, 'connect');
    const hungUp = once(idle, 'close');
    const closing = app.close();
    finish();
    await (await answer).body.dump();
    await closing;
    idle.resume();
    await hungUp;
  });
});
