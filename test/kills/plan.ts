import { draw, pick } from '#scripts/simulator/random.ts';
import { isBeforeResult, isMetSeldom, pointNames, type Point } from './points.ts';

/** What one worker process is to do: work, and kill itself the n-th time it passes this point. */
export interface Doom {
  /** Counts the processes of a run from 0. */
  instance: number;
  point: Point;
  nth: number;
}

/** Of all kills, those between a claim and its recorded result. */
const BEFORE_RESULT = 0.6;
/** Some die at the second or third pass; most at the first, so that the work that a run has is enough. */
const PASSES = [1, 1, 1, 1, 1, 1, 1, 2, 2, 3] as const;

/** The same kills for the same seed: `count` of them over all points, the dial's first by share, the rest evenly, in a drawn order. */
export function planKills(count: number, seed: string): Doom[] {
  const dialing = pointNames.filter(isBeforeResult);
  const others = pointNames.filter((point) => !isBeforeResult(point));
  const share = Math.ceil(count * BEFORE_RESULT);
  const points = [...evenly(dialing, share), ...evenly(others, count - share)];
  return points
    .map((point, index) => ({ point, at: draw(seed, 'order', index) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ point }, instance) => ({ instance, point, nth: isMetSeldom(point) ? 1 : pick(PASSES, seed, 'nth', instance) }));
}

const evenly = (points: readonly Point[], count: number): Point[] =>
  Array.from({ length: count }, (_, index) => points[index % points.length] as Point);
