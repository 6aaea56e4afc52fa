import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ownCorner } from '#scripts/demo/own-corner.ts';
import type { Submitted } from '#scripts/demo/check/evidence.ts';
import { watch } from '#scripts/demo/watch.ts';
import { complaints, lastingBooks, type Books } from './books.ts';
import { strikeFaults, type Struck } from './faults.ts';
import { readGrowth, type Growth } from './growth.ts';
import { openInstallation, type Installation } from './installation.ts';
import { makeOrder } from './orders.ts';
import { openGate } from './s3-gate.ts';
import { takeSample, type Sample } from './samples.ts';
import { startServers, type Servers } from './servers.ts';
import { submit } from './submit.ts';

export interface SoakRunOptions {
  minutes: number;
  seed: string;
  /** Deliveries a real second. */
  rate: number;
  scale: number;
  faults: boolean;
  own: (name: string, close: () => Promise<unknown>) => void;
  onComplaint: (line: string) => void;
  onProgress: (progress: SoakProgress) => void;
  /** Once all was measured: before the books, which take their time and may break off. */
  onMeasured: (samples: readonly Sample[], growth: readonly Growth[]) => void;
  signal: AbortSignal;
}

export interface SoakProgress {
  seconds: number;
  submitted: number;
  ended: number;
  underWay: number;
  faults: number;
  lastFault: string;
}

export interface SoakResult {
  submitted: number;
  /** Of them, those that had to be sent more than once. */
  repeated: number;
  /** Of every answer of the API, in real milliseconds. */
  slowestMs: number;
  faults: Struck[];
  growth: Growth[];
  /** False where the run was too short to tell. */
  judgedGrowth: boolean;
  books: Books;
  /** From the last fault to the last ending, in real seconds. */
  settlingSeconds: number;
  complaints: string[];
}

const SECOND = 1000;
const SAMPLE_EVERY_MS = 5 * SECOND;
/** Our own processes are killed in the first part only: what a killed one's memory would have done nobody knows. */
const KILLING_PART = 0.4;
/** Two look-ups 60 s apart, a night by the scaled clock, and room; real milliseconds in which nothing may move. */
const PATIENCE_MS = 300 * SECOND;
/** In less time a fresh process is still getting warm. */
const JUDGED_FROM_MINUTES = 10;
const COLLECT_GARBAGE = fileURLToPath(new URL('collect-garbage.ts', import.meta.url));
const MAX_STREAM = 10_000;
/** BullMQ trims its streams by whole nodes, and says so: "approximately". */
const STREAM_SLACK = 1.1;

/** A whole installation under a steady load and faults for so long, then the books and the growth. */
export async function runSoak(options: SoakRunOptions): Promise<SoakResult> {
  const { minutes, own, seed, onProgress, signal } = options;
  const servers = await startServers(own);
  const world = await openWorld(options, servers);
  const s3 = world.s3;
  const began = Date.now();
  const lasts = minutes * 60 * SECOND;
  const over = AbortSignal.any([signal, AbortSignal.timeout(lasts)]);
  const progress: SoakProgress = { seconds: 0, submitted: 0, ended: 0, underWay: 0, faults: 0, lastFault: '' };
  const tell = () => onProgress({ ...progress, seconds: (Date.now() - began) / SECOND });
  const onStruck = ({ name }: Struck) => {
    progress.faults += 1;
    progress.lastFault = name;
    tell();
  };

  const sampling = new AbortController();
  const samples: Sample[] = [];
  const sampler = sampleAlways(world, servers, began, samples, AbortSignal.any([signal, sampling.signal]));
  const striking = options.faults
    ? strikeFaults({ ...world, servers, s3 }, { seed, sparingAfterMs: lasts * KILLING_PART, onStruck }, over)
    : Promise.resolve([]);
  striking.catch(() => undefined); // told when it is awaited
  const sent = await submitSteadily(options, world, over, () => {
    progress.submitted += 1;
    tell();
  });
  const faults = await striking;
  world.simulator.faults.clear();
  const quietSince = Date.now();
  sampling.abort();
  await sampler;
  const firstKept = samples.findIndex(({ at }) => at * SECOND >= lasts * KILLING_PART);
  const growth = readGrowth(samples.slice(Math.max(0, firstKept)));
  options.onMeasured(samples, growth);

  const settled = await watch({
    ...world,
    horizon: END_OF_TIME,
    accepted: sent.submitted.length,
    patienceMs: PATIENCE_MS,
    onStanding: ({ settled: ended, underWay }) => {
      Object.assign(progress, { ended, underWay });
      tell();
    },
  });
  const settlingSeconds = (Date.now() - quietSince) / SECOND;
  const books = await lastingBooks(sent.submitted, world.scene);
  const judgedGrowth = minutes >= JUDGED_FROM_MINUTES;
  const longest = Math.max(0, ...samples.map(({ longestStream }) => longestStream));
  return {
    submitted: sent.submitted.length,
    repeated: sent.repeated,
    slowestMs: sent.slowestMs,
    faults,
    growth,
    judgedGrowth,
    books,
    settlingSeconds,
    complaints: [
      ...(settled ? [] : ['not everything came to an end in time']),
      ...complaints(books),
      ...books.failedJobs.map((job) => `a job has failed for good: ${job}`),
      ...(longest <= MAX_STREAM * STREAM_SLACK ? [] : [`an events stream had ${longest} entries`]),
      ...growth.filter(({ grows }) => judgedGrowth && grows).map(({ what }) => `${what} grows`),
    ],
  };
}

const END_OF_TIME = new Date(8.64e15);

async function openWorld(options: SoakRunOptions, servers: Servers): Promise<Installation & { s3: Awaited<ReturnType<typeof openGate>> }> {
  const { own, seed, scale, onComplaint } = options;
  const { mongodbUri, queuePrefix } = ownCorner(servers.mongod.uri);
  let gate: Awaited<ReturnType<typeof openGate>> | undefined;
  const world = await openInstallation({
    mongodbUri,
    queuePrefix,
    redisUrl: servers.redis().url,
    scale,
    seed,
    own,
    processes: ['web', 'worker', 'worker', 'worker', 'clock', 'clock'],
    settings: async (simulator) => {
      gate = await openGate(simulator.urls.s3);
      own('S3 gate', gate.close);
      return { TWILIO_CPS: '50', S3_ENDPOINT: gate.url, NODE_OPTIONS: `--import=${COLLECT_GARBAGE}` };
    },
    onLine: (name, line) => {
      if (/^\{"level":[5-6]0/.test(line) || !line.startsWith('{')) onComplaint(`${name} ${line}`);
    },
  });
  if (!gate) throw new Error('the installation asked for no settings');
  return { ...world, s3: gate };
}

async function sampleAlways(world: Installation, servers: Servers, began: number, into: Sample[], signal: AbortSignal): Promise<void> {
  const processes = () => world.stack.processes.filter(({ name }) => name !== 'release');
  while (!signal.aborted) {
    const sample = await takeSample((Date.now() - began) / SECOND, { db: world.db, redisUrl: servers.redis().url, processes });
    if (sample) into.push(sample);
    await setTimeout(SAMPLE_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** One after another at the given rate, whatever happens to those before. Once the time is over those under way are still brought in. */
async function submitSteadily(
  { rate, seed, signal }: SoakRunOptions,
  { simulator, stack, accounts, now }: Installation,
  over: AbortSignal,
  onSubmitted: () => void,
): Promise<{ submitted: Submitted[]; repeated: number; slowestMs: number }> {
  const submitted: Submitted[] = [];
  const underWay: Promise<void>[] = [];
  let repeated = 0;
  let slowestMs = 0;
  const one = async (index: number): Promise<void> => {
    const order = makeOrder(index, seed, now());
    if (order.steps !== undefined) simulator.setNumber(order.phone, order.steps);
    const sent = await submit(order, index, { publicUrl: stack.publicUrl, ...accounts }, signal);
    submitted.push(sent.submitted);
    if (sent.tries > 1) repeated += 1;
    slowestMs = Math.max(slowestMs, sent.slowestMs);
    onSubmitted();
  };
  for (let index = 0; !over.aborted; index += 1) {
    const work = one(index);
    work.catch(() => undefined); // told when all are awaited
    underWay.push(work);
    await setTimeout(SECOND / rate, undefined, { signal: over }).catch(() => undefined);
  }
  await Promise.all(underWay);
  return { submitted, repeated, slowestMs };
}
