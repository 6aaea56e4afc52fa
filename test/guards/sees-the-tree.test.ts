import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

interface Cruise {
  modules: { source: string; dependencies: { resolved: string; couldNotResolve: boolean }[] }[];
}

/** A boundary checker that cannot read the sources reports no modules, no violations and success. */
it('reads every source of the product, and what it imports', () => {
  const { stdout } = spawnSync(resolve('node_modules/.bin/depcruise'), ['.', '--output-type', 'json'], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const { modules } = JSON.parse(stdout) as Cruise;
  const sources = globSync('{src,queues,workers,scripts,migrations}/**/*.ts');

  expect(sources.length).toBeGreaterThan(50);
  expect(modules.map(({ source }) => source)).toEqual(expect.arrayContaining(sources));
  const local = modules.flatMap(({ dependencies }) => dependencies).filter(({ resolved }) => sources.includes(resolved));
  expect(local.length).toBeGreaterThan(sources.length);
}, 60_000);
