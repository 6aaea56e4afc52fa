import Table from 'cli-table3';
import { ServicesError } from '../services/errors.ts';
import { checks, type Check } from './checks.ts';
import { search, type Searched } from './search.ts';
import { obtainTools, type Tools } from './tools.ts';

// `npm run model [-- --trails]`: searches every state of the ledger's model, and shows that it would see each guard missing.

const AT_ONCE = 2;
const say = (line: string) => process.stdout.write(`${line}\n`);

interface Row {
  check: Check;
  searched: Searched;
  seconds: number;
}

/** Of a mutant: what it lacks or does, by its switch in the model. */
const title = ({ name, without }: Check): string => (without ? `-D${without}: ${name}` : name);

const asExpected = ({ check, searched }: Row): boolean => searched.found === check.finds;

function verdict({ check, searched: { found } }: Row): string {
  if (!check.finds) return found ? `FAULT: ${found}` : 'holds';
  if (found !== check.finds) return `FAULT: ${found ?? 'nothing'} found`;
  return check.known ? `known: ${found}` : `found: ${found}`;
}

async function searchAll(tools: Tools): Promise<Row[]> {
  const waiting = [...checks.entries()];
  const rows: Row[] = [];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const started = performance.now();
      const [place, check] = next;
      const row = { check, searched: await search(check, tools), seconds: (performance.now() - started) / 1000 };
      rows[place] = row;
      process.stderr.write(`${title(check)}: ${verdict(row)}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return rows;
}

function show(rows: readonly Row[]): void {
  const table = new Table({
    head: ['what', 'result', 'states', 's'],
    colAligns: ['left', 'left', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    const { check, searched, seconds } = row;
    table.push([title(check), verdict(row), searched.states.toLocaleString('en'), seconds.toFixed(1)]);
  }
  say(table.toString());
  say('P2     one call per attempt, one live call per phone');
  say('own    no look-up takes the call of another attempt');
  say('final  an ended attempt stays ended');
  say('end    every attempt ends; cycle: something may go on for ever');
  say('known  what remains of P2: the design excludes it by an assumption of time, and this line shows it');
}

try {
  const rows = await searchAll(await obtainTools((line) => process.stderr.write(`${line}\n`)));
  show(rows);
  const wrong = rows.filter((row) => !asExpected(row));
  for (const { check, searched } of process.argv.includes('--trails') ? rows.filter(({ searched: { found } }) => found) : wrong) {
    say(`\n${check.name}:`);
    for (const step of searched.trail) say(`  ${step}`);
  }
  process.exitCode = wrong.length;
} catch (error) {
  if (!(error instanceof ServicesError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
