import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { App } from '#src/http/app-type.ts';
import { runChecks, type Check, type CheckResult } from './checks.ts';

const Query = z.object({ exclude: z.string().max(200).default('') });

/**
 * GET /livez, /readyz and /metrics, open to everybody: they hold counts and states, nothing personal or secret.
 *
 * /readyz answers 503 while any check fails. `?exclude=redis,redis_policy,…` leaves those failures out of the verdict (they are still shown), as
 * Kubernetes' own /readyz does: the API goes on answering while Redis is away, so a load balancer should ask with
 * `exclude=redis,redis_policy,redis_version`, and would otherwise take away the only thing that still works.
 */
export function registerHealth(app: App, { checks, registry }: { checks: Record<string, Check>; registry: Registry }): void {
  const broken = new Set<string>();
  let running: Promise<Record<string, CheckResult>> | undefined;

  // Probes that meet share one run. An error is logged when it begins, not with every probe.
  const check = () =>
    (running ??= runChecks(checks, (name, error) => {
      if (!broken.has(name)) app.log.warn({ err: error, check: name }, 'readiness check failed');
      broken.add(name);
    }).finally(() => {
      running = undefined;
    }));

  app.get('/livez', { schema: { hide: true } }, () => ({ status: 'ok' }));

  app.get('/readyz', { schema: { hide: true, querystring: Query } }, async (request, reply) => {
    const results = await check();
    for (const [name, { status }] of Object.entries(results)) if (status === 'ok') broken.delete(name);
    const excluded = new Set(request.query.exclude.split(','));
    const failed = Object.entries(results).filter(([, { status }]) => status === 'failed');
    const ready = failed.every(([name]) => excluded.has(name));
    const status = failed.length === 0 ? 'ok' : ready ? 'degraded' : 'failed';
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status, checks: results });
  });

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
