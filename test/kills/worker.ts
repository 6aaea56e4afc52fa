/** A worker as it is, but for one thing: it kills itself with SIGKILL at the point that KILL_DOOM names. Started by the herd alone. */
import { openSync } from 'node:fs';
import { loadSettings } from '#src/config/settings.ts';
import { processors } from '#workers/registry.ts';
import { runWorker } from '#workers/run-worker.ts';
import { armDeps, armProcessors } from './arm.ts';
import type { Doom } from './plan.ts';
import { setTrap } from './trap.ts';

// Whoever counts the kills is gone.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const doom = JSON.parse(process.env['KILL_DOOM'] ?? '') as Doom;
const trap = setTrap(doom, openSync(process.env['KILL_FILE'] ?? '', 'a'));
await runWorker(loadSettings(process.env), {
  processors: armProcessors(processors, doom.point, trap),
  wrapDeps: (deps) => armDeps(deps, doom.point, trap),
});
process.send?.('started');
