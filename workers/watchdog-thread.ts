import { workerData } from 'node:worker_threads';
import { pino } from 'pino';
import { createLogger } from '#src/platform/logger.ts';
import type { AlertName } from '#src/platform/alert-names.ts';
import type { Watched } from './watchdog.ts';

const { beats, intervalMs, looks, limitMs, logLevel } = workerData as Watched;
const counter = new Int32Array(beats);
// Written at once: what waits in a buffer dies with the process.
const log = createLogger({ level: logLevel }, { process: 'watchdog' }, pino.destination({ dest: 1, sync: true }));
const alert: AlertName = 'process_blocked';

let seen = -1;
let missed = 0;

// Looks are counted, not milliseconds: a process that was stopped as a whole (SIGSTOP, a sleeping machine) has missed none when it wakes.
setInterval(() => {
  const now = Atomics.load(counter, 0);
  missed = now === seen ? missed + 1 : 0;
  seen = now;
  if (missed < looks) return;
  // A counter nobody will read: the line is the alert.
  log.fatal({ alert, limitMs }, 'the event loop is blocked: the process is killed');
  process.kill(process.pid, 'SIGKILL');
}, intervalMs);
