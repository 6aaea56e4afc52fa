import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { guards } from '#scripts/check-steps.ts';

const root = resolve(import.meta.dirname, '../..');
const settings = [
  'package.json',
  'tsconfig.json',
  'eslint.config.js',
  'knip.json',
  '.dependency-cruiser.mjs',
  '.prettierrc.json',
  '.prettierignore',
];

/** What the guards said of a tree: by the step's name, what it printed, or null where it passed. */
export interface Verdict {
  exitCode: number | null;
  printed: Record<string, string | null>;
}

/** Lays out a small project under the real one's settings, runs `npm run check -- --no-tests` in it, and removes it. */
export function checkPlanted(files: Record<string, string>): Verdict {
  const folder = mkdtempSync(join(tmpdir(), 'delauto-guards-'));
  try {
    for (const file of settings) cpSync(join(root, file), join(folder, file));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const check = spawnSync(process.execPath, [join(root, 'scripts/check.ts'), '--no-tests'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: { PATH: process.env.PATH, HOME: folder, NO_COLOR: '1' },
    });
    return { exitCode: check.status, printed: byStep(check.stdout) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function byStep(output: string): Record<string, string | null> {
  const blocks = output.split(/^(?=(?:ok {2}|FAIL) )/m);
  const said = (name: string) =>
    blocks.find(
      (block) =>
        block
          .slice(5)
          .trimStart()
          .match(/^(.+?) +[\d.]+ s\n/)?.[1] === name,
    );
  return Object.fromEntries(
    guards.map(({ name }) => {
      const block = said(name);
      if (block === undefined) throw new Error(`check did not run '${name}':\n${output}`);
      return [name, block.startsWith('ok') ? null : block];
    }),
  );
}
