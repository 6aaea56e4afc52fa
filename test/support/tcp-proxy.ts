import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A cable between one of our processes and a server, which a test can cut. Whatever is told to it holds for standing connections and for new ones. */
export interface TcpProxy {
  readonly port: number;
  /** Standing connections, of clients. */
  connections(): number;
  /** The server's address as clients of the proxy must call it: of MongoDB, Redis or HTTP. MongoDB's driver is kept from asking for the way past the proxy. */
  addressOf(uri: string): string;
  /** As if it were not there. What a black hole has held goes through now: late, as when a stopped server wakes. */
  pass(): Promise<void>;
  /** Each piece arrives so many milliseconds later, in each direction. */
  latency(ms: number): Promise<void>;
  /** Cuts every connection with RST; a new one is cut as soon as it is made. */
  reset(): Promise<void>;
  /** Connections stand, new ones are made, and nothing arrives any more, not even that the other side has hung up. */
  blackHole(): Promise<void>;
  /** Cuts every connection, and nobody listens: ECONNREFUSED. */
  refuse(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1 that passes everything to `port` there. It knows no backpressure: for small messages. `onPiece` sees what a client sends, as it comes in. */
export async function startTcpProxy(target: { port: number; onPiece?: (piece: Buffer) => void }): Promise<TcpProxy> {
  /** Each client with its connection to the server. */
  const pairs = new Map<Socket, Socket>();
  let latencyMs = 0;
  let cuts = false;
  let held: PromiseWithResolvers<void> | null = null;

  /** Passes all that comes from one side on to the other, in order and at its time, the end of the connection too. */
  const relay = (from: Socket, to: Socket): void => {
    let last = Promise.resolve();
    const inTurn = (pass: () => void): void => {
      const due = performance.now() + latencyMs;
      last = last.then(async () => {
        const early = due - performance.now();
        if (early > 0) await delay(early);
        while (held) await held.promise;
        pass();
      });
    };
    from.on('data', (piece) => inTurn(() => to.write(piece)));
    from.on('end', () => inTurn(() => to.end()));
    from.on('close', () => inTurn(() => to.destroy()));
    // Told by `close`, which follows.
    from.on('error', () => undefined);
  };

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (cuts) {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: target.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    pairs.set(client, upstream);
    client.on('close', () => pairs.delete(client));
    if (target.onPiece) client.on('data', target.onPiece);
    relay(client, upstream);
    relay(upstream, client);
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const cutAll = async (): Promise<void> => {
    const gone = [...pairs.keys()].filter(({ destroyed }) => !destroyed).map((client) => once(client, 'close'));
    for (const [client, upstream] of pairs) {
      // What was held for the server is lost.
      upstream.destroy();
      client.resetAndDestroy();
    }
    await Promise.all(gone);
  };
  const become = async (next: { latencyMs?: number; cuts?: boolean; holds?: boolean; listens?: boolean }): Promise<void> => {
    const { listens = true, holds = false } = next;
    latencyMs = next.latencyMs ?? 0;
    cuts = next.cuts ?? false;
    if (holds) held ??= Promise.withResolvers();
    if (!listens && server.listening) server.close();
    if (cuts || !listens) await cutAll();
    if (!holds) {
      held?.resolve();
      held = null;
    }
    if (listens && !server.listening) await listen(port);
  };

  return {
    port,
    connections: () => pairs.size,
    addressOf: (uri) => {
      const url = new URL(uri);
      url.host = `127.0.0.1:${port}`;
      if (url.protocol === 'mongodb:') url.searchParams.set('directConnection', 'true');
      return url.href;
    },
    pass: () => become({}),
    latency: (ms) => become({ latencyMs: ms }),
    reset: () => become({ cuts: true }),
    blackHole: () => become({ holds: true }),
    refuse: () => become({ listens: false }),
    close: () => become({ listens: false }),
  };
}
