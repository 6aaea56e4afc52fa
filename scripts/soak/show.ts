import Table from 'cli-table3';
import type { Growth } from './growth.ts';
import type { Sample } from './samples.ts';
import type { SoakProgress, SoakResult } from './run.ts';

const PLAIN_EVERY_MS = 10_000;
const MB = 1024 * 1024;
const MOST_ROWS = 20;

/** A line that tells how far the soak is: redrawn on a terminal, elsewhere now and then. */
export function createLine(out: NodeJS.WriteStream): { update(progress: SoakProgress): void; stop(): void } {
  let said = 0;
  return {
    update({ seconds, submitted, ended, underWay, faults, lastFault }) {
      if (!out.isTTY && Date.now() - said < PLAIN_EVERY_MS) return;
      said = Date.now();
      const end = ended === 0 ? '' : `, ${ended} ended, ${underWay} steps under way`;
      const line = `${seconds.toFixed(0)} s: ${submitted} submitted${end}, ${faults} faults${lastFault === '' ? '' : ` (${lastFault})`}`;
      out.write(out.isTTY ? `\r\u001B[K${line}` : `${line}\n`);
    },
    stop: () => void out.write(out.isTTY ? '\n' : ''),
  };
}

const style = { head: [], border: [] };

/** At most twenty samples, evenly from first to last. At most 100 columns. */
export function sampleTable(samples: readonly Sample[]): string {
  const head = ['s', 'Redis MB', 'Redis clients', 'MongoDB conn.', 'longest stream', 'RSS MB: web', 'workers', 'clocks'];
  const table = new Table({ head, style: { ...style, 'padding-left': 0 }, colAligns: head.map(() => 'right' as const) });
  const step = Math.max(1, Math.ceil(samples.length / MOST_ROWS));
  for (const { at, redisMemory, redisClients, mongoConnections, longestStream, rss } of samples.filter((_, index) => index % step === 0)) {
    const of = (name: string) =>
      Object.entries(rss)
        .filter(([process]) => process.startsWith(name))
        .map(([, size]) => (size / MB).toFixed(0))
        .join(' ');
    const whole = [redisClients, mongoConnections, longestStream].map(String);
    table.push([at.toFixed(0), (redisMemory / MB).toFixed(1), ...whole, of('web'), of('worker'), of('clock')]);
  }
  return table.toString();
}

export function growthTable(growth: readonly Growth[]): string {
  const head = ['floor of', 'first third', 'last third', 'per hour', 'samples', ''];
  const table = new Table({ head, style, colAligns: ['left', 'right', 'right', 'right', 'right', 'left'] });
  for (const { what, unit, first, last, perHour, grows, samples } of growth) {
    const [from, to, slope] = [first, last, perHour].map((value) => `${value.toFixed(1)} ${unit}`);
    table.push([what, from, to, slope, samples, grows ? 'grows' : 'flat']);
  }
  return table.toString();
}

/** The result in a few lines. */
export function summary({ submitted, repeated, slowestMs, faults, books, settlingSeconds }: SoakResult): string[] {
  const counts = [...Map.groupBy(faults, ({ name }) => name)].map(([name, all]) => `${all.length} ${name}`);
  return [
    `${faults.length} faults: ${counts.join(', ') || 'none'}`,
    `${submitted} deliveries accepted (${repeated} sent more than once, slowest answer ${slowestMs.toFixed(0)} ms); lost: ${books.lost.length}`,
    `${books.calls} calls at the provider, ${books.withCall} attempts that name one; called twice: ${books.doubled.length}`,
    `${books.attempts} attempts in all: ${books.notPlaced} proved not placed, ${books.rejected} rejected by the provider`,
    `${books.repeatedPushes} pushes repeated under the same topic; ${books.failedJobs.length} jobs failed for good`,
    `the last ending came ${settlingSeconds.toFixed(0)} s after the last fault`,
  ];
}
