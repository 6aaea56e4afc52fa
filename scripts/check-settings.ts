/** `npm run check-settings`: every setting, line by line, without starting anything. Leaves 0 when a start would succeed, else 1. */
import { InvalidSettings } from '#src/config/parse.ts';
import { environment, loadSettings } from '#src/config/settings.ts';

// Who reads only the first lines (`| head`) closes the pipe. The exit code still tells the rest.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const problems = findProblems();
const wrong = new Map(problems.map((problem) => [problem.split(':', 1)[0], problem]));

for (const [name, schema] of Object.entries(environment.shape)) {
  const problem = wrong.get(name);
  process.stdout.write(problem === undefined ? `ok     ${name}${stateOf(name, schema)}\n` : `WRONG  ${problem}\n`);
}
process.stdout.write(problems.length === 0 ? 'The settings are complete.\n' : `${problems.length} to be put right.\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function findProblems(): readonly string[] {
  try {
    loadSettings(process.env);
    return [];
  } catch (error) {
    if (error instanceof InvalidSettings) return error.problems;
    throw error;
  }
}

/** What is given is never printed: it may be a secret, or hold one. Defaults are in the source for everybody to read. */
function stateOf(name: string, schema: { safeParse(value: undefined): { data?: string | number | string[] | undefined } }): string {
  if ((process.env[name] ?? '') !== '') return ' is set';
  const { data } = schema.safeParse(undefined);
  return data === undefined ? ' is not set (optional)' : ` = ${[data].flat().join(',')} (default)`;
}
