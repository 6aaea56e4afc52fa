import { join } from 'node:path';
import type { Finding } from '../services/binary.ts';
import { runCommand } from '../services/command.ts';
import { unpackDebianPackage, unpackedEarlier, type Unpacked } from '../services/debian-packages.ts';
import { ServicesError } from '../services/errors.ts';
import { findOnPath } from '../services/guarded.ts';
import { obtain, type Log, type Way } from '../services/obtain.ts';

/** Paths of the programs that a search needs. */
export interface Tools {
  /** Turns the model into a C program. */
  readonly spin: string;
  /** Compiles that, and is Spin's preprocessor. */
  readonly compiler: string;
}

const advice = 'Spin cannot be had here: install it so that `spin` is on PATH (`apt-get install spin`, or https://spinroot.com).';

const ways: readonly Way[] = [
  {
    name: 'spin on PATH',
    attempt: async () => {
      const path = findOnPath('spin');
      return path ? trySpin(path) : { refused: 'none' };
    },
  },
  { name: 'spin fetched earlier', attempt: async () => tryUnpacked(await unpackedEarlier('spin')) },
  {
    name: 'apt-get install spin (unpacked here, not installed)',
    slow: true,
    attempt: async () => tryUnpacked(await unpackDebianPackage('spin')),
  },
];

/** @throws ServicesError that says what to install. */
export async function obtainTools(log: Log): Promise<Tools> {
  const compiler = ['gcc', 'clang'].map((name) => findOnPath(name)).find((path) => path !== undefined);
  if (compiler === undefined || !(await compiles(compiler))) {
    throw new ServicesError('The model needs a C compiler with its headers: `apt-get install gcc libc6-dev`.');
  }
  return { spin: (await obtain('Spin', ways, advice, log)).path, compiler };
}

async function compiles(compiler: string): Promise<boolean> {
  const program = 'printf "#include <stdio.h>\\nint main(void) { return 0; }\\n" | "$0" -x c -o /dev/null -';
  return (await runCommand('sh', ['-c', program, compiler], { timeoutMs: 60_000 })).ok;
}

async function tryUnpacked(unpacked: Unpacked): Promise<Finding> {
  return 'refused' in unpacked ? unpacked : trySpin(join(unpacked.folder, 'usr/bin/spin'));
}

async function trySpin(path: string): Promise<Finding> {
  const { ok, stdout, why } = await runCommand(path, ['-V'], { timeoutMs: 20_000 });
  const version = /^Spin Version (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  if (ok && version) return { found: { path, version } };
  return { refused: ok ? `${path} does not say which version it is` : `${path} does not run: ${why}` };
}
