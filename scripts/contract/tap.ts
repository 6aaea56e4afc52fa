import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';

/** One request that passed by, and its answer. */
export interface Exchange {
  method: string;
  /** With its query. */
  target: string;
  requestHeaders: Record<string, string>;
  requestBody: Buffer;
  status: number;
  responseHeaders: Record<string, string>;
  responseBody: Buffer;
}

export interface Tap {
  origin: string;
  exchanges: Exchange[];
  close(): Promise<void>;
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length']);

/** Stands between us and a provider, passes everything on unchanged and writes it down. Listens on 127.0.0.1. */
export async function openTap(upstream: string): Promise<Tap> {
  const exchanges: Exchange[] = [];
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const requestBody = await bodyOf(incoming);
      const requestHeaders = plain(incoming.headers);
      const answer = await request(new URL(incoming.url ?? '/', upstream), {
        method: incoming.method as 'GET',
        headers: requestHeaders,
        ...(requestBody.length > 0 ? { body: requestBody } : {}),
      });
      const responseBody = Buffer.from(await answer.body.arrayBuffer());
      const responseHeaders = plain(answer.headers);
      exchanges.push({
        method: incoming.method ?? '',
        target: incoming.url ?? '',
        requestHeaders,
        requestBody,
        status: answer.statusCode,
        responseHeaders,
        responseBody,
      });
      outgoing.writeHead(answer.statusCode, responseHeaders).end(responseBody);
    })().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const plain = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => value !== undefined && !HOP_BY_HOP.has(name))
      .map(([name, value]) => [name, String(value)]),
  );
