// Loaded by `--import` into each process of a soak: it collects its garbage twice a minute. Left alone, a worker's collector works in steps of
// ten minutes and a hundred megabytes, and what is sampled says more of them than of what the process keeps.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const EVERY_MS = 30_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
setInterval(collect, EVERY_MS).unref();
