import type { App } from '#src/http/app-type.ts';
import type { Metrics } from '#src/platform/metrics.ts';

/** Measures every request by its route's pattern: a label must not grow with what callers send. */
export function registerHttpMetrics(app: App, { httpRequestDuration }: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none', status: reply.statusCode };
    httpRequestDuration.observe(labels, reply.elapsedTime / 1000);
    done();
  });
}
