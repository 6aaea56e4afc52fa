import { loadSettings } from '#src/config/settings.ts';
import { runWorker } from './run-worker.ts';

await runWorker(loadSettings(process.env));
