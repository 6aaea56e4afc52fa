import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const data = fileURLToPath(new URL('../../.data', import.meta.url));

/** Server programs that were fetched once; git-ignored, safe to delete. */
export const binariesFolder = join(data, 'binaries');

/** One folder per running server, named after the process that started it; git-ignored. */
export const servicesFolder = join(data, 'services');

/**
 * Makes `<parent>/<name>-<pid>-<random>` and returns its path. Folders of the same shape whose process is gone (it crashed, so that
 * nobody removed them) are deleted on the way.
 */
export async function makeOwnFolder(parent: string, name: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  return mkdtemp(join(parent, `${name}-${process.pid}-`));
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const owner = /-(\d+)-[^-]+$/.exec(entry)?.[1];
    if (owner && !isAlive(Number(owner))) await removeFolder(join(parent, entry));
  }
}

/** Deletes a folder with all that is in it. Tries again for a moment: a server that was just killed may still be writing. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** True while a process with this id runs, whoever owns it. One that has ended and was not collected by its parent does not count. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

// In a container whose first process collects no orphans they stay in the table for ever.
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false; // no /proc here, or gone meanwhile
  }
}
