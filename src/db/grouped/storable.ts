import { BSON, type Document } from 'mongodb';

/** https://www.mongodb.com/docs/manual/reference/limits/ */
const LARGEST = 16 * 1024 * 1024;

/** Throws where the driver would refuse this before sending anything, and with it everything that it is sent together with. */
export function assertStorable(doc: Document): void {
  if (BSON.serialize(doc).length > LARGEST) throw new RangeError('the document is larger than MongoDB stores');
}

/** Why this cannot be stored; undefined when it can. */
export function flawOf(doc: Document): { error: unknown } | undefined {
  try {
    assertStorable(doc);
    return undefined;
  } catch (error) {
    return { error };
  }
}
