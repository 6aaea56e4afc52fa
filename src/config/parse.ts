import { z } from 'zod';

/** One or more settings are missing or wrong; `problems` has a line each, which starts with the variable's name and never shows its value. */
export class InvalidSettings extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings are not complete:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'InvalidSettings';
    this.problems = problems;
  }
}

/**
 * Parses the environment by the schema, and by the rules that span several settings; those see the settings that are right in themselves,
 * so that everything is told at once. An empty variable counts as not set.
 */
export function parseSettings<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
  across: (values: Partial<z.infer<Schema>>) => string[],
): z.infer<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) {
    const problems = across(parsed.data);
    if (problems.length > 0) throw new InvalidSettings(problems);
    return parsed.data;
  }
  const own = parsed.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return name in given ? `${name}: ${message}` : `${name}: is missing`;
  });
  const told = new Set(own.map(nameOf));
  throw new InvalidSettings([...own, ...across(rightOnes(schema, given)).filter((problem) => !told.has(nameOf(problem)))]);
}

const nameOf = (problem: string) => problem.split(':', 1)[0];

function rightOnes<Schema extends z.ZodObject>(schema: Schema, given: Record<string, string | undefined>): Partial<z.infer<Schema>> {
  const right: Record<string, unknown> = {};
  for (const name of Object.keys(schema.shape)) {
    const field: unknown = schema.shape[name];
    const parsed = field instanceof z.ZodType ? field.safeParse(given[name]) : undefined;
    if (parsed?.success) right[name] = parsed.data;
  }
  return right as Partial<z.infer<Schema>>;
}
