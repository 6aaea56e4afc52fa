import type { z } from 'zod';

/** One or more settings are missing or wrong; `problems` has a line each, which starts with the variable's name and never shows its value. */
export class InvalidSettings extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The settings are not complete:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'InvalidSettings';
    this.problems = problems;
  }
}

/** Parses the environment by the schema, then by the rules that span several settings. An empty variable counts as not set. */
export function parseSettings<Schema extends z.ZodObject>(
  schema: Schema,
  env: Readonly<Record<string, string | undefined>>,
  across: (values: z.infer<Schema>) => string[],
): z.infer<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new InvalidSettings(
      parsed.error.issues.map(({ path, message }) => {
        const name = String(path[0]);
        return name in given ? `${name}: ${message}` : `${name}: is missing`;
      }),
    );
  }
  const problems = across(parsed.data);
  if (problems.length > 0) throw new InvalidSettings(problems);
  return parsed.data;
}
