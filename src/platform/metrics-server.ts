import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  /** The port it listens on: the given one, or any free one for 0. */
  readonly port: number;
  close(): Promise<void>;
}

/** GET /metrics and /livez for a process that serves nothing else. Rejects when the port is taken. */
export async function startMetricsServer({
  host,
  port,
  registry,
}: {
  host: string;
  port: number;
  registry: Registry;
}): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 5000 }, (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (request.method === 'GET' && path === '/livez') return response.end('{"status":"ok"}\n');
    if (request.method !== 'GET' || path !== '/metrics') return response.writeHead(404).end();
    registry.metrics().then(
      (text) => response.setHeader('content-type', registry.contentType).end(text),
      () => response.writeHead(500).end(),
    );
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
