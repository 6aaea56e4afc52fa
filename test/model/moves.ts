import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = readFileSync(fileURLToPath(new URL('./ledger.pml', import.meta.url)), 'utf8');

/** A move of the ledger as the model makes it, under the name of the repository's function. */
export interface Move {
  name: string;
  from: string[];
  to: string[];
}

/** The model's attempt states, in its own order. */
export const states: string[] = words(/^mtype:state = \{(.*)\};$/m.exec(source)?.[1]);

/** Read off the very lines that the model's steps are made of: `#define may_<name>(s) …` and `#define to_<name> …`. */
export const moves: Move[] = [...source.matchAll(/^#define may_(\w+)\(s\)(.*)$/gm)].map(([, name = '', from]) => ({
  name,
  from: statesIn(from),
  to: statesIn(new RegExp(`^#define to_${name}\\b(.*)$`, 'm').exec(source)?.[1]),
}));

function words(text = ''): string[] {
  return text.match(/\w+/g) ?? [];
}

function statesIn(text: string | undefined): string[] {
  return words(text).filter((word) => states.includes(word));
}
