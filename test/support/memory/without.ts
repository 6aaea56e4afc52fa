/** The document without these fields: MongoDB's `$unset`. */
export function without<Doc extends object>(doc: Doc, fields: readonly (keyof Doc)[]): Doc {
  const copy = { ...doc };
  for (const field of fields) delete copy[field];
  return copy;
}
