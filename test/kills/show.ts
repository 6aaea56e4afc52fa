import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { isBeforeResult, pointNames, POINTS, type Point } from './points.ts';
import type { Doom } from './plan.ts';
import type { Replayed } from './replay.ts';
import type { KillsResult, Progress } from './run.ts';

const PLAIN_EVERY_MS = 10_000;

/** Shows how far a run is: on a terminal a bar, elsewhere a line now and then. */
export function createShow(kills: number, out: NodeJS.WriteStream): { update(progress: Progress): void; stop(): void } {
  if (!out.isTTY) return written(kills, out);
  const format = '  {bar} {value} of {total} kills, {rest}';
  const bar = new SingleBar({ stream: out, format, hideCursor: true, barsize: 30, barCompleteChar: '█', barIncompleteChar: '░' });
  bar.start(kills, 0, { rest: '' });
  return { update: (progress) => bar.update(progress.killed, { rest: restOf(progress) }), stop: () => bar.stop() };
}

function written(kills: number, out: NodeJS.WriteStream) {
  let said = 0;
  return {
    update(progress: Progress) {
      if (Date.now() - said < PLAIN_EVERY_MS) return;
      said = Date.now();
      out.write(`${progress.killed} of ${kills} kills, ${restOf(progress)}\n`);
    },
    stop: () => undefined,
  };
}

const restOf = ({ submitted, standing }: Progress): string =>
  `${submitted} submitted${standing ? `, ${standing.settled} ended, ${standing.underWay} steps under way` : ''}`;

/** One row a point: its name, what it means, how often it was met. At most 100 columns. */
export function pointTable(kills: readonly Doom[]): string {
  const counts = Map.groupBy(kills, ({ point }) => point);
  const table = new Table({
    head: ['point', 'where the worker was killed', 'kills'],
    colWidths: [20, 48, 9],
    style: { head: [], border: [] },
  });
  for (const point of pointNames) {
    const mark = isBeforeResult(point) ? '* ' : '';
    table.push([point, `${mark}${POINTS[point].words}`, { hAlign: 'right', content: counts.get(point)?.length ?? 0 }]);
  }
  return `${table.toString()}\n* between a claim and its recorded result`;
}

/** Of the kills, those between a claim and its recorded result; from 0 to 1. */
export const shareBeforeResult = (kills: readonly { point: Point }[]): number =>
  kills.filter(({ point }) => isBeforeResult(point)).length / Math.max(1, kills.length);

/** The result in a few lines. */
export function summary({ kills, books, killingSeconds, settlingSeconds, replayed, accidents }: KillsResult): string[] {
  const fewest = Math.min(...pointNames.map((name) => kills.filter(({ point }) => point === name).length));
  return [
    `${kills.length} workers killed in ${killingSeconds.toFixed(0)} s; the last delivery ended ${settlingSeconds.toFixed(0)} s later`,
    `${(100 * shareBeforeResult(kills)).toFixed(1)} % of them between a claim and its recorded result; each point at least ${fewest} times`,
    `${accidents.length} workers ended by themselves`,
    `${books.submitted} deliveries accepted; lost: ${books.lost.length}`,
    `${books.calls} calls at the provider, ${books.withCall} attempts that name one; called twice: ${books.doubled.length}`,
    `${books.attempts} attempts in all: ${books.notPlaced} proved not placed, ${books.rejected} rejected by the provider`,
    `${books.repeatedPushes} pushes repeated under the same topic (a push service shows the last one)`,
    `${replayed.length} jobs had failed for good and were retried as an operator would${replayed.length === 0 ? '' : ':'}`,
    ...byReason(replayed),
  ];
}

/** The most frequent first. */
const byReason = (replayed: readonly Replayed[]): string[] =>
  [...Map.groupBy(replayed, ({ why }) => why)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([why, jobs]) => `  ${jobs.length} of ${[...new Set(jobs.map(({ queue }) => queue))].join(', ')}: ${why}`);
