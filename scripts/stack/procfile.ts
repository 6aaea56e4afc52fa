import { readFile } from 'node:fs/promises';

export type ProcessName = 'release' | 'web' | 'worker' | 'clock';

export const PROJECT_FOLDER = new URL('../../', import.meta.url);

/** The Procfile's lines as they stand: what a platform runs is what we run. */
export async function readProcfile(): Promise<Record<ProcessName, string>> {
  const text = await readFile(new URL('Procfile', PROJECT_FOLDER), 'utf8');
  const lines = text.split('\n').filter((line) => /^[a-z]+:/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])) as Record<
    ProcessName,
    string
  >;
}
