import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { environment } from '#src/config/settings.ts';

it("has a line for every setting in the README's table, in the same order, and for nothing else", async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const table = readme.slice(readme.indexOf('## Settings'), readme.indexOf('## Working on it'));
  const named = [...table.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, name]) => name);
  expect(named).toEqual(Object.keys(environment.shape));
});
