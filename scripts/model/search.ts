import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../services/command.ts';
import { makeOwnFolder, removeFolder, servicesFolder } from '../services/folders.ts';
import type { Check, Fault } from './checks.ts';
import type { Tools } from './tools.ts';

const MODEL = fileURLToPath(new URL('../../test/model/ledger.pml', import.meta.url));
/** Generous, for a busy machine: the longest takes some 10 s on an idle one. */
const PATIENCE_MS = 600_000;
const MEMORY_MB = 900;

export interface Searched {
  found?: Fault;
  /** States that were explored, each once. */
  states: number;
  /** How it comes to the fault, one line a step. */
  trail: string[];
  /** Statements of the model that no run comes to. */
  unreached: string[];
}

/** Searches all states of one variant of the model, or up to the first fault. @throws Error when the search does not come to its end. */
export async function search(check: Check, { spin, compiler }: Tools): Promise<Searched> {
  const folder = await makeOwnFolder(servicesFolder, 'model');
  const run = async (command: string, ...args: string[]): Promise<string> => {
    const result = await runCommand('sh', ['-c', 'cd "$0" && exec "$@"', folder, command, ...args], { timeoutMs: PATIENCE_MS });
    if (!result.ok) throw new Error(`${check.name}: ${command} failed: ${result.why || result.stdout.slice(-500)}`);
    return result.stdout;
  };
  try {
    await run('cp', MODEL, 'ledger.pml');
    const variant = [`-P${compiler} -std=gnu99 -E -x c`, ...defines(check)];
    await run(spin, ...variant, '-a', 'ledger.pml');
    await run(compiler, '-w', ...compilation(check), `-DMEMLIM=${MEMORY_MB}`, '-o', 'pan', 'pan.c');
    const output = await run(join(folder, 'pan'), '-m100000', '-w22', ...(check.search === 'cycles' ? ['-l'] : []));
    const found = faultIn(output);
    if (output.includes('Search not completed') && !found)
      throw new Error(`${check.name}: the search was not completed\n${output.slice(0, 500)}`);
    const states = Number(/^\s*(\d+) states, stored/m.exec(output)?.[1]);
    const trail = found ? steps(await run(spin, ...variant, '-t', '-T', 'ledger.pml')) : [];
    return { ...(found ? { found } : {}), states, trail, unreached: unreached(output) };
  } finally {
    await removeFolder(folder);
  }
}

const defines = ({ size, without }: Check): string[] => [
  `-DRUNS=${size.runs}`,
  `-DRECONCILES=${size.reconciles}`,
  `-DEVENTS=${size.events}`,
  ...(without ? [`-D${without}`] : []),
];

/** Breadth first finds the shortest way to a fault; where there is none, depth first takes less memory. */
function compilation({ search: kind, finds }: Check): string[] {
  if (kind === 'cycles') return ['-O2', '-DNP', '-DCOLLAPSE'];
  return finds ? ['-O1', '-DSAFETY', '-DCOLLAPSE', '-DBFS'] : ['-O2', '-DSAFETY', '-DCOLLAPSE'];
}

/** Which of the model's properties is the violated one: Spin prints the assertion's expression only. */
function faultIn(output: string): Fault | undefined {
  const line = /^pan:1: (.*)$/m.exec(output)?.[1];
  if (line === undefined) return undefined;
  if (line.includes('non-progress cycle')) return 'cycle';
  if (!line.startsWith('assertion violated') || line.includes('due')) return 'end';
  if (line.includes('seen')) return 'final';
  return line.includes('listed') ? 'own' : 'P2';
}

/** Not what Spin itself says, nor its list of the variables at the end. */
const steps = (output: string): string[] => output.split('\n').filter((line) => /^ {0,2}[\w<]/.test(line) && !/^ *(spin:|\d+:)/.test(line));

const unreached = (output: string): string[] =>
  [...output.matchAll(/^\tledger\.pml:(\d+), state \d+, "(.*)"$/gm)]
    .filter(([, , statement]) => statement !== '-end-')
    .map(([, line, statement]) => `${line}: ${statement}`);
