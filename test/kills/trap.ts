import { writeSync } from 'node:fs';
import type { Doom } from './plan.ts';
import { onceWritten } from './wire.ts';

type Step = (...args: never[]) => Promise<unknown>;

export interface Trap {
  /** The step, unless this process dies before it. */
  before<Fn extends Step>(step: Fn, counts?: (...args: Parameters<Fn>) => boolean): Fn;
  /** The step, and perhaps this process dies before anybody learns its result. */
  after<Fn extends Step>(step: Fn, counts?: (result: Awaited<ReturnType<Fn>>, ...args: Parameters<Fn>) => boolean): Fn;
  /** The step, and perhaps this process dies when it has written such bytes and read no answer. */
  inside<Fn extends Step>(step: Fn, written: (text: string) => boolean): Fn;
}

const NEVER = new Promise<never>(() => undefined);

/** Kills this process with SIGKILL the n-th time that a trapped step is reached, having written which one into the open file `fd`. */
export function setTrap({ instance, point, nth }: Doom, fd: number): Trap {
  let passed = 0;
  const isNow = (): boolean => {
    passed += 1;
    return passed === nth;
  };
  const die = (): Promise<never> => {
    writeSync(fd, `${JSON.stringify({ instance, point, nth })}\n`);
    process.kill(process.pid, 'SIGKILL');
    return NEVER;
  };
  return {
    before: (step, counts = () => true) =>
      (async (...args: Parameters<typeof step>) => {
        if (counts(...args) && isNow()) await die();
        return step(...args);
      }) as typeof step,
    after: (step, counts = () => true) =>
      (async (...args: Parameters<typeof step>) => {
        const result = (await step(...args)) as Awaited<ReturnType<typeof step>>;
        if (counts(result, ...args) && isNow()) await die();
        return result;
      }) as typeof step,
    inside: (step, written) =>
      (async (...args: Parameters<typeof step>) => {
        if (isNow()) onceWritten(written, () => void die());
        return step(...args);
      }) as typeof step,
  };
}
