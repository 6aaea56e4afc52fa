import { RefusedWrite } from '#src/db/grouped/refused-writes.ts';

/** No fault of the world's, but of the code: nothing in a simulation refuses a document, and nobody may be surprised by a duplicate. */
export const isBug = (error: unknown): error is Error =>
  error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError || error instanceof RefusedWrite;
