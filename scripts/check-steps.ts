export interface Step {
  name: string;
  /** A program of node_modules/.bin and its arguments, run in the project's folder. */
  command: readonly [program: string, ...args: string[]];
}

/** What `npm run check` runs before the tests. Each is proved by a planted violation in test/guards. */
export const guards: readonly Step[] = [
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'lint', command: ['eslint', '.', '--max-warnings', '0'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'boundaries', command: ['depcruise', '.'] },
  { name: 'unused', command: ['knip', '--no-progress'] },
  // Once more without the tests: an export that only a test uses is unused.
  { name: 'unused (product)', command: ['knip', '--no-progress', '--production'] },
];

export const tests: Step = { name: 'tests', command: ['vitest', 'run'] };
