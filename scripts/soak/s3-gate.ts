import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Gate {
  /** Stands in front of the service. */
  url: string;
  /** Resets every connection, and each new one for so long. */
  cut(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** A door in front of a service, of which every connection can be reset. */
export async function openGate(target: string): Promise<Gate> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let isShut = false;
  const server = createServer((inside) => {
    if (isShut) return void inside.resetAndDestroy();
    const outside = connect(Number(port), hostname);
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  const reset = () => open.forEach((socket) => socket.resetAndDestroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async cut(ms) {
      isShut = true;
      reset();
      await new Promise((resolve) => setTimeout(resolve, ms));
      isShut = false;
    },
    async close() {
      server.close();
      reset();
    },
  };
}
