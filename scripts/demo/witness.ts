import type { StackProcess } from '#scripts/stack/start-stack.ts';

export interface Witness {
  hear(process: string, line: string): void;
  /** From now on the processes may end. */
  expectTheEnd(): void;
  /** Rejects when one of them ends before, with the last lines that it logged. Never resolves. */
  watch(processes: readonly StackProcess[]): Promise<never>;
}

const KEPT_LINES = 15;

/** Remembers what the stack's processes logged last, for the case that one dies. */
export function createWitness(): Witness {
  const heard = new Map<string, string[]>();
  let expected = false;
  return {
    hear(process, line) {
      const lines = [...(heard.get(process) ?? []), line].slice(-KEPT_LINES);
      heard.set(process, lines);
    },
    expectTheEnd() {
      expected = true;
    },
    watch(processes) {
      const { promise, reject } = Promise.withResolvers<never>();
      for (const { name, exited } of processes) {
        if (name === 'release') continue;
        void exited.then((code) => {
          if (!expected) reject(new Error(`${name} ended by itself with ${code}. Its last words:\n${(heard.get(name) ?? []).join('\n')}`));
        });
      }
      promise.catch(() => undefined); // nobody may be waiting yet
      return promise;
    },
  };
}
