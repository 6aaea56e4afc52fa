import { MultiBar, type SingleBar } from 'cli-progress';
import { fold } from './fold.ts';
import type { Standing } from '#scripts/demo/standing.ts';

export interface Progress {
  update(accepted: number, standing: Standing | null): void;
  stop(): void;
}

const STAGES: readonly (readonly [name: string, of: (standing: Standing) => number])[] = [
  ['called', ({ called }) => called],
  ['recorded', ({ recorded }) => recorded],
  ['transcribed', ({ transcribed }) => transcribed],
  ['analysed', ({ analysed }) => analysed],
  ['notified', ({ notified }) => notified],
  ['retries waiting', ({ retriesWaiting }) => retriesWaiting],
];
const PLAIN_EVERY_MS = 5000;

/** Shows how far `total` deliveries are: on a terminal a bar and a line for each stage, redrawn; elsewhere a line now and then. */
export const createProgress = (total: number, out: NodeJS.WritableStream): Progress =>
  'isTTY' in out && out.isTTY ? drawn(total, out) : written(out);

function drawn(total: number, out: NodeJS.WritableStream): Progress {
  const bars = new MultiBar({ stream: out, hideCursor: true, clearOnComplete: false, barsize: 40, autopadding: false, format: '' });
  const add = (format: string): SingleBar => bars.create(total, 0, {}, { format, barCompleteChar: '█', barIncompleteChar: '░' });
  const line = (name: string) => `  ${name.padEnd(16)}`;
  const settled = add(`${line('settled')}{bar} {value} of {total}`);
  const accepted = add(`${line('accepted')}{value} of {total}`);
  const stages = STAGES.map(([name, of]) => ({ of, bar: add(`${line(name)}{value}`) }));
  return {
    update(count, standing) {
      accepted.update(count);
      if (!standing) return;
      settled.setTotal(count); // some may have been refused
      settled.update(standing.settled);
      for (const { of, bar } of stages) bar.update(of(standing));
    },
    stop: () => {
      // Stopped once more it would draw over what came after.
      if (bars.isActive) bars.stop();
    },
  };
}

function written(out: NodeJS.WritableStream): Progress {
  let said = 0;
  let last = '';
  const say = () => {
    if (last !== '') out.write(`${last}\n`);
    last = '';
    said = Date.now();
  };
  return {
    update(accepted, standing) {
      if (!standing) return;
      const counts = STAGES.map(([name, of]) => `${of(standing)} ${name}`);
      last = fold(`${standing.settled} of ${accepted} settled, ${counts.join(', ')}`);
      if (Date.now() - said > PLAIN_EVERY_MS) say();
    },
    stop: say,
  };
}
