import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '#scripts/services/guarded.ts';
import type { Contender } from './contender.ts';
import type { LoadOrder, LoadResult } from './load-result.ts';
import type { Way } from './server.ts';

/** One way, measured once. */
export interface Measurement {
  way: Way;
  connections: number;
  round: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p95: number;
  accepted: number;
  failed: number;
  failure?: string;
  /** Accepted, and not found in MongoDB afterwards. */
  missing: number;
  /** MongoDB commands a request. */
  commands: number;
}

export interface Plan {
  rounds: number;
  seconds: number;
  connections: number[];
}

const loader = fileURLToPath(new URL('./load.ts', import.meta.url));

/** Measures all ways by turns, in the opposite order every other round: what the machine does besides hits all of them. */
export async function* measure(contenders: readonly Contender[], { rounds, seconds, connections }: Plan): AsyncGenerator<Measurement> {
  let first = 0;
  for (const count of connections) {
    for (let round = 1; round <= rounds; round += 1) {
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        const before = await contender.commands();
        const { accepted, sent, ...result } = await load({ ...contender, connections: count, seconds, first });
        const commands = ((await contender.commands()) - before) / sent;
        first += sent;
        const missing = await contender.missing(accepted);
        yield { way: contender.way, connections: count, round, ...result, accepted: accepted.length, missing, commands };
      }
    }
  }
}

async function load({ origin, key, connections, seconds, first }: LoadOrder): Promise<LoadResult> {
  const order: LoadOrder = { origin, key, connections, seconds, first };
  let said = '';
  const child = await spawnGuarded(process.execPath, [loader], {
    env: { ...process.env, LOAD: JSON.stringify(order) },
    onOutput: (stream, text) => {
      if (stream === 'stdout') said += text;
      else process.stderr.write(text);
    },
  });
  child.ref();
  const code = await child.exited;
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  return JSON.parse(said) as LoadResult;
}
