import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { draw, pick } from '#scripts/simulator/random.ts';
import type { FaultInput } from '#scripts/simulator/faults.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import type { Stack } from '#scripts/stack/start-stack.ts';
import type { Gate } from './s3-gate.ts';
import type { Servers } from './servers.ts';

export interface Scenery {
  stack: Stack;
  servers: Servers;
  simulator: Pick<Simulator, 'addFault'>;
  s3: Gate;
}

/** One kind of fault. Resolves when it is over, or scripted. `roll` draws: the same for the same seed. */
interface Trouble {
  name: string;
  weight: number;
  /** Takes one of our own processes away, and with it what its memory would have told. */
  killsOurs?: true;
  strike(scenery: Scenery, roll: (what: string) => number): Promise<void>;
}

const SECOND = 1000;

const killOurs =
  (name: 'web' | 'worker' | 'clock'): Trouble['strike'] =>
  async ({ stack }, roll) => {
    const living = stack.processes.filter((each) => each.name === name && !gone.has(each.pid));
    const victim = living[Math.floor(roll('victim') * living.length)];
    if (!victim) return;
    gone.add(victim.pid);
    victim.kill('SIGKILL');
    await victim.exited;
    await stack.start(name);
  };
/** Processes that were killed here: a stack keeps those that have ended. */
const gone = new Set<number>();

const script =
  (...faults: FaultInput[]): Trouble['strike'] =>
  async ({ simulator }, roll) => {
    const fault = faults[Math.floor(roll('which') * faults.length)];
    if (fault) simulator.addFault(fault);
  };

const POST_CALL = { method: 'POST', path: '/Calls.json$' };
const http = (target: 'twilio' | 'openai' | 'push' | 'media', match: object = {}): FaultInput[] => [
  { target, kind: '429', retryAfter: 2, times: 3, match },
  { target, kind: '500', times: 3, match },
  { target, kind: 'hang-before', times: 2, match },
  { target, kind: 'hang-after', times: 2, match },
  { target, kind: 'reset-before', times: 3, match },
  { target, kind: 'reset-after', times: 3, match },
  { target, kind: 'slow', delayMs: 3000, times: 5, match },
];
/** Not the questions for TwiML: a call whose menu was lost ends as nobody could foresee. */
const STATUS = { event: 'initiated,ringing,answered,completed,amd,recording' };

const TROUBLES: readonly Trouble[] = [
  { name: 'kill -9 worker', weight: 5, killsOurs: true, strike: killOurs('worker') },
  { name: 'kill -9 web', weight: 2, killsOurs: true, strike: killOurs('web') },
  { name: 'kill -9 clock', weight: 1, killsOurs: true, strike: killOurs('clock') },
  { name: 'kill -9 redis', weight: 2, strike: ({ servers }, roll) => servers.restartRedis((1 + 4 * roll('away')) * SECOND) },
  { name: 'FLUSHALL', weight: 1, strike: flushAll },
  { name: 'SIGSTOP mongod', weight: 2, strike: stopMongod },
  { name: 'S3 reset', weight: 2, strike: ({ s3 }, roll) => s3.cut((1 + 4 * roll('away')) * SECOND) },
  { name: 'Twilio dial', weight: 4, strike: script(...http('twilio', POST_CALL)) },
  { name: 'Twilio media', weight: 2, strike: script(...http('media'), { target: 'media', kind: '404', times: 2 }) },
  { name: 'OpenAI', weight: 3, strike: script(...http('openai'), { target: 'openai', kind: 'invalid-json', times: 1 }) },
  { name: 'push', weight: 3, strike: script(...http('push')) },
  { name: 'callbacks lost', weight: 3, strike: script({ target: 'callback', kind: 'drop', times: 5, match: STATUS }) },
  { name: 'callbacks doubled', weight: 3, strike: script({ target: 'callback', kind: 'duplicate', copies: 5, times: 10 }) },
  { name: 'callbacks late', weight: 2, strike: script({ target: 'callback', kind: 'delay', delayMs: 4000, times: 5, match: STATUS }) },
  { name: 'callbacks in disorder', weight: 3, strike: script({ target: 'callback', kind: 'reorder', times: 10, match: STATUS }) },
];

async function flushAll({ servers }: Scenery): Promise<void> {
  const redis = new Redis(servers.redis().url, { maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined); // the command rejects as well
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}

async function stopMongod({ servers: { mongod } }: Scenery, roll: (what: string) => number): Promise<void> {
  await mongod.kill('SIGSTOP');
  await setTimeout((1 + 5 * roll('stopped')) * SECOND);
  await mongod.kill('SIGCONT');
}

/** From one fault's end to the next one's beginning, in seconds. */
const PAUSE = { from: 2, to: 8 };

export interface Struck {
  atSeconds: number;
  name: string;
}

/** Strikes one fault after another by the seed, until the signal; resolves with what struck when the last one is over. After `sparingAfterMs` our own processes live. */
export async function strikeFaults(
  scenery: Scenery,
  { seed, sparingAfterMs, onStruck }: { seed: string; sparingAfterMs: number; onStruck: (struck: Struck) => void },
  signal: AbortSignal,
): Promise<Struck[]> {
  const began = Date.now();
  const struck: Struck[] = [];
  for (let count = 0; ; count += 1) {
    const roll = (what: string) => draw(seed, 'fault', count, what);
    await setTimeout((PAUSE.from + (PAUSE.to - PAUSE.from) * roll('pause')) * SECOND, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return struck;
    const sparing = Date.now() - began > sparingAfterMs;
    const possible = TROUBLES.filter(({ killsOurs }) => !(sparing && killsOurs)).flatMap((one) =>
      Array.from({ length: one.weight }, () => one),
    );
    const trouble = pick(possible, seed, 'fault', count);
    const one = { atSeconds: (Date.now() - began) / SECOND, name: trouble.name };
    struck.push(one);
    onStruck(one);
    await trouble.strike(scenery, roll);
  }
}
