import type { Identified } from './table.ts';
import { keyOf } from './table.ts';

/** Ascending by these fields, then by id. A field that is missing comes first, as in MongoDB. */
export const ordered =
  <Doc extends Identified>(...fields: ((doc: Doc) => Date | undefined)[]) =>
  (a: Doc, b: Doc): number => {
    for (const field of fields) {
      const difference = (field(a)?.getTime() ?? -Infinity) - (field(b)?.getTime() ?? -Infinity);
      if (difference > 0 || difference < 0) return difference;
    }
    return keyOf(a._id) < keyOf(b._id) ? -1 : 1;
  };
