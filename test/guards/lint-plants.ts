interface Plant {
  /** The rule's name, or words of its message where several bans share one rule. */
  rule: string;
  file: string;
  text: string;
}

const plant = (rule: string, file: string, text: string): Plant => ({ rule, file, text: `${text}\n` });

const CLOCK = 'One clock, passed in';
const SETTINGS = 'Settings are parsed once';

export const lintPlants: readonly Plant[] = [
  plant('no-floating-promises', 'src/lint/floating.ts', 'export function go(work: () => Promise<void>): void {\n  work();\n}'),
  plant('no-misused-promises', 'src/lint/misused.ts', 'export const go = (work: () => Promise<void>) => [1].forEach(work);'),
  plant(
    'return-await',
    'src/lint/unawaited.ts',
    'export async function go(work: () => Promise<number>) {\n  try {\n    return work();\n  } finally {\n    await work();\n  }\n}',
  ),
  plant(
    'switch-exhaustiveness-check',
    'src/lint/gap.ts',
    "export function go(kind: 'a' | 'b') {\n  switch (kind) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}",
  ),
  plant(
    'consistent-type-imports',
    'src/lint/type-import.ts',
    "import { Stats } from 'node:fs';\nexport const go = (stats: Stats) => stats.size;",
  ),
  plant('no-explicit-any', 'src/lint/anything.ts', 'export const go = (value: any): boolean => value === 1;'),
  plant('no-unnecessary-condition', 'src/lint/needless.ts', "export const go = (value: string) => value ?? 'never';"),
  plant('no-console', 'workers/talks.ts', "export const go = () => console.log('hello');"),
  plant('no-console', 'scripts/talks.ts', "export const go = () => console.error('hello');"),
  plant(SETTINGS, 'workers/reads-env.ts', 'export const url = process.env.REDIS_URL;'),
  plant(SETTINGS, 'src/http/reads-env.ts', "export const url = process.env['REDIS_URL'];"),
  plant(SETTINGS, 'src/platform/time-of-env.ts', 'export const scale = process.env.SCALE;'),
  plant('process is a global', 'queues/imports-env.ts', "import { env } from 'node:process';\nexport const url = env.REDIS_URL;"),
  plant(CLOCK, 'src/domain/asks-machine.ts', 'export const go = () => Date.now();'),
  plant(CLOCK, 'src/config/asks-machine.ts', 'export const go = () => Date.now();'),
  plant(CLOCK, 'queues/asks-machine.ts', 'export const go = () => new Date();'),
  plant(CLOCK, 'workers/asks-machine.ts', 'export const go = (now = Date.now) => now();'),
  plant(CLOCK, 'src/http/asks-machine.ts', "import { DateTime } from 'luxon';\nexport const go = () => DateTime.now();"),
  plant('Named exports', 'src/lint/nameless.ts', 'export default function go() {\n  return 1;\n}'),
  plant('end the path with .ts', 'src/lint/no-ending.ts', "export * from './floating';"),
  plant('end the path with .ts', 'src/lint/js-ending.ts', "export * from '#src/lint/floating.js';"),
  plant('Climb no further', 'src/lint/deep/climbs.ts', "export * from '../../lint/floating.ts';"),
  plant('max-lines', 'workers/long.ts', Array.from({ length: 251 }, (_, line) => `export const line${line} = ${line};`).join('\n')),
  plant('noInlineConfig', 'src/lint/switched-off.ts', '/* eslint-disable no-console */\nexport const one = 1;'),
];

/** What the same rules let pass: none of these files may be reported. */
export const lintClean: Readonly<Record<string, string>> = {
  'src/config/settings.ts': 'export const loadSettings = (env: NodeJS.ProcessEnv) => env.PORT;\nexport const mode = process.env.APP_ENV;\n',
  'src/clock/main.ts': "import { loadSettings } from '#src/config/settings.ts';\n\nexport const port = loadSettings(process.env);\n",
  'src/platform/time.ts': 'export const now = () => new Date(Date.now());\n',
  'src/domain/given-times.ts': 'export const copy = (at: Date) => new Date(at);\n',
  'scripts/reads-env.ts': 'export const home = process.env.HOME;\n',
  'test/asks-machine.ts': 'export const now = () => Date.now();\n',
};
