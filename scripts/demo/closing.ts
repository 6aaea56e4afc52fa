export interface Closing {
  own(name: string, close: () => Promise<unknown>): void;
  /** Closes what was opened, the last first, once; a failure is told on standard error and stops nothing. */
  close(): Promise<void>;
}

/** Opening and closing on one line. */
export function createClosing(): Closing {
  const owned: { name: string; close: () => Promise<unknown> }[] = [];
  return {
    own: (name, close) => void owned.push({ name, close }),
    async close() {
      for (const { name, close } of owned.splice(0).reverse()) {
        await close().catch((error: unknown) => {
          process.stderr.write(`closing ${name} failed: ${String(error)}\n`);
        });
      }
    },
  };
}
