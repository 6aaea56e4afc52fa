import { ObjectId, type Document } from 'mongodb';
import type { Schema } from 'mongoose';
import { MACHINE_NOW } from '#src/db/models/machine-now.ts';

/** What must be given for a new document: all of it but what has a default. Whatever is given replaces the default, field by field. */
export type Given<Doc, Defaulted extends keyof Doc> = Omit<Doc, Defaulted> & { [Field in Defaulted]?: Loose<Doc[Field]> };

type Loose<T> = T extends readonly (infer Entry)[]
  ? Loose<Entry>[]
  : T extends Date | ObjectId | string | number | boolean
    ? T
    : T extends object
      ? { [Field in keyof T]?: Loose<T[Field]> }
      : T;

/**
 * Makes plain documents for the driver, which knows no schema: fills the schema's defaults, an `_id`, empty arrays and the time of
 * birth, as Mongoose would. The schema is read once, so a document costs a microsecond or two. Checks nothing: the compiler and the
 * collection's validator do.
 */
export function documentBuilder<Doc, New>(schema: Schema<Doc>): (given: New, now: Date) => Doc {
  const plan = planOf(schema);
  return (given, now) => fill(given as Document, plan, now) as Doc;
}

/** What to fill in at one level of a document. */
interface Plan {
  defaults: [field: string, make: (now: Date) => unknown][];
  nested: [field: string, Plan][];
  /** Arrays of subdocuments. */
  lists: [field: string, Plan][];
}

function fill(given: Document, plan: Plan, now: Date): Document {
  const doc: Document = { ...given };
  for (const [field, make] of plan.defaults) if (doc[field] === undefined) doc[field] = make(now);
  for (const [field, inner] of plan.nested) doc[field] = fill((doc[field] ?? {}) as Document, inner, now);
  for (const [field, inner] of plan.lists) doc[field] = ((doc[field] ?? []) as Document[]).map((entry) => fill(entry, inner, now));
  return doc;
}

function planOf(schema: Schema): Plan {
  const plan = emptyPlan();
  schema.eachPath((path, type) => {
    const parents = path.split('.');
    const field = parents.pop() ?? path;
    if (type.instance === 'Array' && type.schema) {
      levelOf(plan, parents).lists.push([field, planOf(type.schema)]);
      return;
    }
    const make = makerOf(path, type);
    if (make) levelOf(plan, parents).defaults.push([field, make]);
  });
  return plan;
}

const emptyPlan = (): Plan => ({ defaults: [], nested: [], lists: [] });

function levelOf(plan: Plan, parents: string[]): Plan {
  return parents.reduce((level, parent) => {
    const known = level.nested.find(([field]) => field === parent);
    if (known) return known[1];
    const fresh = emptyPlan();
    level.nested.push([parent, fresh]);
    return fresh;
  }, plan);
}

function makerOf(
  path: string,
  { instance, options }: { instance: string; options: { default?: unknown } },
): ((now: Date) => unknown) | undefined {
  if (path === '_id' && instance === 'ObjectId') return () => new ObjectId();
  if (path === 'createdAt' || path === 'updatedAt' || options.default === MACHINE_NOW) return (now) => now;
  if (options.default === undefined) return instance === 'Array' ? () => [] : undefined;
  if (typeof options.default === 'object' || typeof options.default === 'function')
    throw new TypeError(`${path}: only a plain default or MACHINE_NOW can be copied`);
  return () => options.default;
}
