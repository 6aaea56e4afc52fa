/** `T` without any `undefined`: a field is there or it is not. */
export type Defined<T> = T extends Date
  ? T
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? { [Key in keyof T]: Defined<Exclude<T[Key], undefined>> }
      : T;

/** The same plain data without fields that are undefined, at every level: the database would store them as null. */
export function defined<T extends object>(data: T): Defined<T> {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]: [string, unknown]) => [key, isPlain(value) ? defined(value) : value])) as Defined<T>;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
