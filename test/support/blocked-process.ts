import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '#src/platform/logger.ts';
import { startWatchdog } from '#workers/watchdog.ts';

const limitMs = Number(process.env['LIMIT_MS']);
const watchdog = startWatchdog(limitMs, createLogger({ level: 'info' }, { process: 'worker' }));
await delay(limitMs); // the thread has started
const end = performance.now() + Number(process.env['BLOCK_MS']);
while (performance.now() < end);
await delay(limitMs);
await watchdog.stop();
process.stdout.write('done\n');
