import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { queueNames } from '#queues/catalogue.ts';
import type { Doom } from './plan.ts';
import { isMetByDialing } from './points.ts';

export interface HerdOptions {
  plan: readonly Doom[];
  /** A worker's settings. */
  env: Readonly<Record<string, string>>;
  /** Where the dying write down the point; empty at the start. */
  killFile: string;
  /** How many run at a time. */
  size: number;
  onKill(doom: Doom): void;
  /** Called once, when no dialing worker is left to start: whoever still waits for a later stage's work needs others who dial. */
  onLastDialer(): void;
  signal: AbortSignal;
}

export interface Herded {
  /** As the dying wrote it down, in this order. */
  kills: Doom[];
  /** Processes that ended otherwise, with their last words. */
  accidents: string[];
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
/** One that has not met its point after so long works on, and another one is started beside it; in milliseconds. */
const IMPATIENCE_MS = 8000;
/** At most so many times the herd's size. */
const CROWD = 3;
const LOOK_MS = 250;
const LAST_WORDS = 2000;
/** Who is not to die at the dial leaves the dialing to those who are: a claim is what a run has least of. */
const ALL_BUT_DIALING = queueNames.filter((name) => name !== 'call').join(',');

/** Keeps workers running, one for each line of the plan, until every one of them has killed itself. */
export async function driveHerd({ plan, env, killFile, size, onKill, onLastDialer, signal }: HerdOptions): Promise<Herded> {
  const accidents: string[] = [];
  /** `since`: from when on it works. */
  const running = new Map<number, { doom: Doom; since: number; ended: Promise<void> }>();
  const live = async (doom: Doom): Promise<void> => {
    const onStarted = () => {
      const entry = running.get(doom.instance);
      if (entry) entry.since = Date.now();
    };
    const words = await untilItEnds(doom, { ...env, KILL_FILE: killFile }, onStarted, signal);
    if (readKills(killFile).some(({ instance }) => instance === doom.instance)) onKill(doom);
    else if (!signal.aborted) accidents.push(`worker ${doom.instance}, to die ${doom.point}, ended by itself: ${words}`);
    running.delete(doom.instance);
  };
  const wanted = (): number => {
    const waiting = [...running.values()].filter(({ since }) => Date.now() - since > IMPATIENCE_MS).length;
    return Math.min(size + waiting, size * CROWD);
  };
  const left = [...plan];
  const isDialing = (doom: Doom) => isMetByDialing(doom.point);
  const next = (): Doom | undefined => {
    if (running.size < wanted()) return left[0];
    // However many wait for the later stages' work: without anybody who dials there would never be any.
    return [...running.values()].some(({ doom }) => isDialing(doom)) ? undefined : left.find(isDialing);
  };
  let toldLast = false;
  while (!signal.aborted && (left.length > 0 || running.size > 0)) {
    for (let doom = next(); doom; doom = next()) {
      left.splice(left.indexOf(doom), 1);
      running.set(doom.instance, { doom, since: Infinity, ended: live(doom) });
    }
    if (!toldLast && !left.some(isDialing)) {
      toldLast = true;
      onLastDialer();
    }
    await Promise.race([...[...running.values()].map(({ ended }) => ended), new Promise((resolve) => setTimeout(resolve, LOOK_MS))]);
  }
  return { kills: readKills(killFile), accidents };
}

/** Runs one worker; resolves with what it said last when it is gone, however it went. It cannot outlive this process. */
async function untilItEnds(doom: Doom, env: Readonly<Record<string, string>>, onStarted: () => void, signal: AbortSignal): Promise<string> {
  const child = fork(WORKER, {
    execArgv: [],
    env: { ...env, ...(isMetByDialing(doom.point) ? {} : { WORKER_QUEUES: ALL_BUT_DIALING }), KILL_DOOM: JSON.stringify(doom) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    signal,
    killSignal: 'SIGKILL',
  });
  child.once('message', onStarted);
  let words = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-LAST_WORDS);
    });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, killer) => resolve(`${killer ?? code ?? 'no code'} ${words}`));
  });
}

const readKills = (file: string): Doom[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Doom);
