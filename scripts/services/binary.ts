import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A server program that was seen to run. */
export interface Binary {
  readonly path: string;
  /** As the program itself says it, for example '6.0.5'. */
  readonly version: string;
  /** Folders of shared libraries that the system lacks and that came with the program. */
  readonly libraries?: readonly string[];
}

export type Finding = { readonly found: Binary } | { readonly refused: string };

/** What a program must be to be used here. */
export interface Requirement {
  readonly name: string;
  /** Lowest version, as major and minor. */
  readonly atLeast: readonly [major: number, minor: number];
  /** Finds the version in what the program prints for `--version`. */
  readonly version: RegExp;
}

export const mongodRequirement: Requirement = { name: 'mongod', atLeast: [6, 0], version: /db version v(\d+\.\d+\.\d+)/ };

// BullMQ's own recommendation. Valkey counts on from Redis 7.2.
export const redisRequirement: Requirement = { name: 'redis-server', atLeast: [6, 2], version: /\bv=(\d+\.\d+\.\d+)/ };

/** Runs `path --version`: a program that lacks a library, is for another processor or is too old is refused with the reason. */
export async function tryBinary(path: string, requirement: Requirement, libraries: readonly string[] = []): Promise<Finding> {
  const env = libraryEnv({ libraries });
  try {
    const { stdout } = await execute(path, ['--version'], { timeout: 20_000, env });
    const version = requirement.version.exec(stdout)?.[1];
    if (!version) return { refused: `${path} does not say which version it is` };
    const [major, minor] = requirement.atLeast;
    if (!isAtLeast(version, requirement.atLeast)) return { refused: `${path} is ${version}, older than ${major}.${minor}` };
    return { found: { path, version, libraries } };
  } catch (error) {
    return { refused: `${path} does not run: ${reason(error).replace(`${path}: `, '')}` };
  }
}

/** The environment in which a program finds the libraries that came with it. */
export function libraryEnv(binary: Pick<Binary, 'libraries'>): NodeJS.ProcessEnv {
  const folders = binary.libraries ?? [];
  if (folders.length === 0) return process.env;
  const inherited = process.env['LD_LIBRARY_PATH'];
  return { ...process.env, LD_LIBRARY_PATH: [...folders, ...(inherited ? [inherited] : [])].join(':') };
}

function isAtLeast(version: string, [major, minor]: Requirement['atLeast']): boolean {
  const [actualMajor = 0, actualMinor = 0] = version.split('.').map(Number);
  return actualMajor > major || (actualMajor === major && actualMinor >= minor);
}

function reason(error: unknown): string {
  const { stderr = '', message } = error as Error & { stderr?: string };
  return (stderr.trim().split('\n')[0] ?? '') || (message.split('\n')[0] ?? '');
}
