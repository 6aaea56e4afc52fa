import { createHash } from 'node:crypto';

/** A number in [0, 1) that depends on the parts alone: the same seed tells the same story again. */
export const draw = (...parts: readonly (string | number)[]): number =>
  createHash('sha256').update(parts.join('|')).digest().readUInt32BE(0) / 2 ** 32;

/** One of the list, which must not be empty. */
export const pick = <T>(list: readonly T[], ...parts: readonly (string | number)[]): T => {
  const chosen = list[Math.floor(draw(...parts) * list.length)];
  if (chosen === undefined) throw new RangeError('nothing to pick from');
  return chosen;
};
