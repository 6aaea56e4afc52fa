import type { Document } from 'mongodb';

/** The document with these fields, of which some may be dotted paths: MongoDB's `$set`. */
export function withPaths<Doc extends object>(doc: Doc, set: Document): Doc {
  const copy: Document = { ...doc };
  for (const [path, value] of Object.entries(set)) {
    const dot = path.indexOf('.');
    if (dot < 0) copy[path] = value;
    else copy[path.slice(0, dot)] = withPaths((copy[path.slice(0, dot)] ?? {}) as Document, { [path.slice(dot + 1)]: value });
  }
  return copy as Doc;
}
