import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { DialWatchData } from '#test/faults/dial-watch.ts';

// A cable to the stand-in for Twilio, in a thread that has nothing else to do: it notes when the first piece of a request for a call comes in.
// No request follows another on a connection before that one is answered, so each begins a piece.

const { port: target } = workerData as DialWatchData;
const FOR_A_CALL = /^POST \S+\/Calls\.json /;
const times: number[] = [];

const pass = (from: Socket, to: Socket, note: (piece: Buffer) => void): void => {
  from.on('data', (piece) => {
    note(piece);
    to.write(piece);
  });
  from.on('end', () => to.end());
  from.on('close', () => to.destroy());
  // Told by `close`, which follows.
  from.on('error', () => undefined);
};

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  pass(client, upstream, (piece) => {
    const at = performance.now();
    if (FOR_A_CALL.test(piece.toString('latin1', 0, 200))) times.push(at);
  });
  pass(upstream, client, () => undefined);
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
parentPort?.on('message', () => parentPort?.postMessage(times));
