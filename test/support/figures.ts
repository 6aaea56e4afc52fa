import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROJECT_FOLDER } from '#scripts/stack/procfile.ts';

const FOLDER = path.join(fileURLToPath(PROJECT_FOLDER), '.data');

/** Writes down what a fault's test measured, for docs/faults.md: one JSON line in `.data/figures.jsonl`, and one line to look at. `row` is the fault's number. */
export function figure(row: number, name: string, value: number | string, unit = ''): void {
  mkdirSync(FOLDER, { recursive: true });
  appendFileSync(path.join(FOLDER, 'figures.jsonl'), `${JSON.stringify({ row, name, value, unit })}\n`);
  process.stdout.write(`fault ${row}: ${name} ${value}${unit === '' ? '' : ` ${unit}`}\n`);
}
