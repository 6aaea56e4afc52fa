import { parentPort, workerData } from 'node:worker_threads';
import type { DialWatchData } from '#test/faults/dial-watch.ts';
import { startTcpProxy } from './tcp-proxy.ts';

// A cable to the stand-in for Twilio, in a thread that has nothing else to do: it notes when the first piece of a request for a call comes in.
// No request follows another on a connection before that one is answered, so each begins a piece.

const { port } = workerData as DialWatchData;
const FOR_A_CALL = /^POST \S+\/Calls\.json /;
const times: number[] = [];

const cable = await startTcpProxy({
  port,
  onPiece: (piece) => {
    const at = performance.now();
    if (FOR_A_CALL.test(piece.toString('latin1', 0, 200))) times.push(at);
  },
});
parentPort?.on('message', () => parentPort?.postMessage(times));
parentPort?.postMessage(cable.port);
