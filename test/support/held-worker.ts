import { loadSettings } from '#src/config/settings.ts';
import { runWorker } from '#workers/run-worker.ts';

/** A worker as the product composes it, whose calls stand for ever where they wait for their turn to dial: before the claim. */
await runWorker(loadSettings(process.env), {
  wrapDeps: (deps) => ({ ...deps, turns: { ...deps.turns, take: () => new Promise(() => undefined) } }),
});
