import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { binariesFolder, makeOwnFolder, removeFolder } from './folders.ts';
import { findOnPath } from './guarded.ts';

/** Where a package is unpacked, with the folders of the shared libraries that came along; or why it is not. */
export type Unpacked = { readonly folder: string; readonly libraries: readonly string[] } | { readonly refused: string };

/**
 * `apt-get install <name>`, but only as far as the download: the package and those that the system lacks for it are unpacked into
 * `.data/binaries/`. A real installation would change the machine for good (a server's package also starts it, now and at every boot);
 * this needs no root and leaves nothing running. Safe when two do it at once.
 */
export async function unpackDebianPackage(name: string): Promise<Unpacked> {
  if (!findOnPath('apt-get') || !findOnPath('dpkg-deb')) return { refused: 'no apt-get here' };
  const work = await makeOwnFolder(binariesFolder, 'fetching');
  try {
    const refusal = await download(name, work);
    if (refusal) return { refused: refusal };
    const content = join(work, 'content');
    for (const file of await readdir(join(work, 'archives'))) {
      if (!file.endsWith('.deb')) continue;
      const unpacked = await runCommand('dpkg-deb', ['-x', join(work, 'archives', file), content], { timeoutMs: 60_000 });
      if (!unpacked.ok) return { refused: `cannot unpack ${file}: ${unpacked.why}` };
    }
    // Atomic. When another process was first, its folder stays and ours is dropped.
    await rename(content, place(name)).catch(() => undefined);
    return await unpackedEarlier(name);
  } finally {
    await removeFolder(work);
  }
}

/** What an earlier run unpacked of this package. */
export async function unpackedEarlier(name: string): Promise<Unpacked> {
  const folder = place(name);
  if (!existsSync(folder)) return { refused: 'none' };
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const libraries = entries.filter((entry) => entry.isDirectory() && /^\w+-linux-gnu\w*$/.test(entry.name));
  return { folder, libraries: libraries.map((entry) => join(entry.parentPath, entry.name)) };
}

function place(name: string): string {
  return join(binariesFolder, `debian-${name}`);
}

/** Returns why it failed, or an empty string. */
async function download(name: string, work: string): Promise<string> {
  await mkdir(join(work, 'archives/partial'), { recursive: true });
  const own = [
    '-o',
    `Dir::Cache::archives=${work}/archives`,
    '-o',
    'Debug::NoLocking=1',
    '-o',
    `APT::Sandbox::User=${userInfo().username}`,
  ];
  const patience = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=15', '-o', 'Acquire::https::Timeout=15'];
  const install = ['install', '-y', '-q', '--no-install-recommends', '--download-only', '--reinstall', name];
  const aptGet = async (...args: string[]) => runCommand('apt-get', [...args, ...own, ...patience], { timeoutMs: 120_000 });
  if ((await aptGet(...install)).ok) return '';

  // A new container has no package lists, old ones name versions that are gone: fetch lists of our own, not the system's.
  await mkdir(join(work, 'lists/partial'), { recursive: true });
  const lists = ['-o', `Dir::State::lists=${work}/lists`, '-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache='];
  const update = await aptGet('update', '-q', ...lists);
  if (!update.ok) return `apt-get update failed: ${update.why}`;
  const second = await aptGet(...install, ...lists);
  return second.ok ? '' : `apt-get install failed: ${second.why}`;
}
