import fc from 'fast-check';
import { SECOND } from '#src/platform/time.ts';
import type { PipelineRepositories } from '#test/support/memory/repositories.ts';
import type { Collection, Side } from './both.ts';

/** One call at a repository, the same on both sides. */
export interface Move {
  what: string;
  run(repositories: PipelineRepositories, side: Side): Promise<unknown>;
}

/** Everything that can be asked of one repository, from a space so small that moves meet. */
export interface Game {
  name: string;
  move: fc.Arbitrary<Move>;
  /** Where it leaves its traces. */
  collections: readonly Collection[];
  /** What is asked at the end, such as work lists. */
  look?(repositories: PipelineRepositories, side: Side): Promise<unknown>;
}

/** A move with drawn arguments; fast-check prints them. */
export function move<Args extends unknown[]>(
  what: string,
  args: { [Index in keyof Args]: fc.Arbitrary<Args[Index]> },
  run: (repositories: PipelineRepositories, args: Args, side: Side) => Promise<unknown>,
): fc.Arbitrary<Move> {
  return (fc.tuple(...(args as fc.Arbitrary<unknown>[])) as unknown as fc.Arbitrary<Args>).map((drawn) => ({
    what: `${what}(${drawn.map((arg) => fc.stringify(arg)).join(', ')})`,
    run: (repositories, side) => run(repositories, drawn, side),
  }));
}

/** Time goes on, on both sides alike. */
export const waits = move('wait', [fc.constantFrom(1, 4, 20, 31, 90)], async (_repositories, [seconds], { time }) =>
  time.advance(seconds * SECOND),
);

export async function pagesOf<Doc>(walk: AsyncIterable<Doc[]>): Promise<Doc[]> {
  const all: Doc[] = [];
  for await (const page of walk) all.push(...page);
  return all;
}
