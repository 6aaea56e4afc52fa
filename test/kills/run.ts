import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Submitted } from '#scripts/demo/check/evidence.ts';
import type { Standing } from '#scripts/demo/standing.ts';
import { watch } from '#scripts/demo/watch.ts';
import { complaints, lastingBooks, type Books } from '#scripts/soak/books.ts';
import { openInstallation, type Installation } from '#scripts/soak/installation.ts';
import { makeOrder, type People } from '#scripts/soak/orders.ts';
import { submit } from '#scripts/soak/submit.ts';
import { driveHerd } from './herd.ts';
import { planKills, type Doom } from './plan.ts';
import { isQuarantine, keepReplaying, type Replayed } from './replay.ts';

export interface KillsOptions {
  kills: number;
  deliveries: number;
  seed: string;
  /** Workers at a time. */
  workers: number;
  /** Simulated seconds in a real one. */
  scale: number;
  people: People;
  mongodbUri: string;
  redisUrl: string;
  queuePrefix: string;
  /** Registers how to close what was opened, in the order of opening. */
  own: (name: string, close: () => Promise<unknown>) => void;
  onProgress: (progress: Progress) => void;
  signal: AbortSignal;
}

export interface Progress {
  killed: number;
  submitted: number;
  /** Once the killing is over. */
  standing: Standing | null;
}

export interface KillsResult {
  plan: Doom[];
  kills: Doom[];
  /** Workers that ended otherwise than planned. */
  accidents: string[];
  books: Books;
  /** Jobs that had failed for good, and were retried when the killing was over, as an operator would. */
  replayed: Replayed[];
  /** Real seconds: of the killing, and from its end to the last ending. */
  killingSeconds: number;
  settlingSeconds: number;
  /** What is wrong, in words; empty when all is well. */
  complaints: string[];
}

/** Small, so that one kill takes few jobs along: else a run would need many more deliveries than kills. */
const CONCURRENCY = 2;
/** Submitted ahead of the kills, as a share and as a number, so that every stage has work while the killing lasts. */
const AHEAD = { share: 1.1, number: 80 };
/** Where kills are slow to come more is submitted: so many for each so many milliseconds. */
const SPUR = { number: 10, everyMs: 4000 };
const AT_A_TIME = 4;
const CALM_WORKERS = 2;
/** Two look-ups 60 s apart, a night by the scaled clock, and room; real milliseconds in which nothing may move. */
const PATIENCE_MS = 240_000;
const LOOK_MS = 50;

/** Submits deliveries, kills workers by the plan until it is fulfilled, lets the rest be done by workers that live, and reads the books. */
export async function runKills(options: KillsOptions): Promise<KillsResult> {
  const { kills: count, seed, onProgress, signal, own } = options;
  const plan = planKills(count, seed);
  const folder = await mkdtemp(path.join(tmpdir(), 'delauto-kills-'));
  own('folder', () => rm(folder, { recursive: true, force: true }));
  const killFile = path.join(folder, 'kills.jsonl');
  await writeFile(killFile, '');
  const world = await openInstallation({
    ...options,
    processes: ['web', 'clock'],
    settings: async () => ({ TWILIO_CPS: '1000', WORKER_CONCURRENCY: String(CONCURRENCY) }),
  });

  const progress: Progress = { killed: 0, submitted: 0, standing: null };
  const tell = () => onProgress({ ...progress });
  const began = Date.now();
  let lastKill = began;
  let calm: Promise<unknown> | undefined;
  let killing = true;
  const submitting = submitAll(options, world, {
    // Kills that are still to come need work: then there are more deliveries than were asked for.
    needed: () => killing,
    allowed: () =>
      AHEAD.number +
      AHEAD.share * options.deliveries * (progress.killed / count) +
      SPUR.number * Math.floor((Date.now() - lastKill) / SPUR.everyMs),
    onSubmitted: () => {
      progress.submitted += 1;
      tell();
    },
  });
  submitting.catch(() => undefined); // told when it is awaited
  const { kills, accidents } = await driveHerd({
    plan,
    // A worker's start is most of what a kill costs on a small machine: compiled code is kept between them.
    env: { ...world.env, NODE_COMPILE_CACHE: path.join(folder, 'compiled'), LOG_LEVEL: 'warn' },
    killFile,
    size: options.workers,
    onKill: () => {
      progress.killed += 1;
      lastKill = Date.now();
      tell();
    },
    onLastDialer: () => {
      calm = Promise.all(Array.from({ length: CALM_WORKERS }, () => world.stack.start('worker')));
      calm.catch(() => undefined); // told when it is awaited
    },
    signal,
  });
  const killed = Date.now();
  killing = false;
  progress.killed = count; // whatever is not submitted yet may come at once
  await calm;
  const submitted = await submitting;
  const settling = new AbortController();
  const replaying = keepReplaying(world, settling.signal);
  replaying.catch(() => undefined); // told when it is awaited
  const settled = await watch({
    ...world,
    horizon: END_OF_TIME,
    accepted: submitted.length,
    patienceMs: PATIENCE_MS,
    onStanding: (standing) => {
      progress.standing = standing;
      tell();
    },
  });
  const ended = Date.now();
  settling.abort();
  const replayed = await replaying;
  // Who answered may be known later than the end: the last events are closed by jobs that wait for it.
  const books = await lastingBooks(submitted, world.scene);
  return {
    plan,
    kills,
    accidents,
    books,
    replayed,
    killingSeconds: (killed - began) / 1000,
    settlingSeconds: (ended - killed) / 1000,
    complaints: [
      ...accidents,
      ...(settled ? [] : ['not everything came to an end in time']),
      ...(kills.length === count ? [] : [`${kills.length} of ${count} kills happened`]),
      ...replayed
        .filter((job) => !isQuarantine(job))
        .map(({ queue, jobId, why }) => `a job has failed for good: ${queue} ${jobId}: ${why}`),
      ...complaints(books),
    ],
  };
}

const END_OF_TIME = new Date(8.64e15);
interface Pace {
  /** Whether more than the deliveries asked for are wanted. */
  needed(): boolean;
  /** How many may have been submitted by now. */
  allowed(): number;
  onSubmitted(): void;
}

async function submitAll(
  { deliveries, seed, people, signal }: KillsOptions,
  { simulator, stack, accounts, now }: Installation,
  { needed, allowed, onSubmitted }: Pace,
): Promise<Submitted[]> {
  const submitted: Submitted[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < deliveries || needed()) {
      if (next >= allowed()) {
        await setTimeout(LOOK_MS, undefined, { signal });
        continue;
      }
      const index = next;
      next += 1;
      const order = makeOrder(index, seed, now(), people);
      if (order.steps !== undefined) simulator.setNumber(order.phone, order.steps);
      submitted.push((await submit(order, index, { publicUrl: stack.publicUrl, ...accounts }, signal)).submitted);
      onSubmitted();
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return submitted;
}
