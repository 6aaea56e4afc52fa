import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpCounter {
  readonly port: number;
  /** Each request that came, as `PUT /bucket/key`. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** Passes every request on to the server at `port` of 127.0.0.1, and notes it. */
export async function startHttpCounter({ port }: { port: number }): Promise<HttpCounter> {
  const seen: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    seen.push(`${method ?? ''} ${url ?? ''}`);
    const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
