import type { StackProcess } from '#scripts/stack/start-stack.ts';

/** One of the Procfile's processes ended by itself. The message has its last words. */
export class ProcessDied extends Error {
  constructor(name: string, code: number, words: readonly string[]) {
    super(`${name} ended by itself with ${code}. Its last words:\n${words.join('\n')}`);
    this.name = 'ProcessDied';
  }
}

export interface Witness {
  hear(process: string, line: string): void;
  /** From now on processes of this name may end. */
  excuse(name: string): void;
  /** From now on all of them may end. */
  expectTheEnd(): void;
  /** Rejects when one of them ends before, with the last lines that it logged. Never resolves. */
  watch(processes: readonly StackProcess[]): Promise<never>;
}

const KEPT_LINES = 15;

/** Remembers what the stack's processes logged last, for the case that one dies. */
export function createWitness(): Witness {
  const heard = new Map<string, string[]>();
  const excused = new Set<string>();
  let expected = false;
  return {
    hear(process, line) {
      const lines = [...(heard.get(process) ?? []), line].slice(-KEPT_LINES);
      heard.set(process, lines);
    },
    excuse: (name) => void excused.add(name),
    expectTheEnd() {
      expected = true;
    },
    watch(processes) {
      const { promise, reject } = Promise.withResolvers<never>();
      for (const { name, exited } of processes) {
        if (name === 'release') continue;
        void exited.then((code) => {
          if (!expected && !excused.has(name)) reject(new ProcessDied(name, code, heard.get(name) ?? []));
        });
      }
      promise.catch(() => undefined); // nobody may be waiting yet
      return promise;
    },
  };
}
