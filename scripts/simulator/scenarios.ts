import { z } from 'zod';

import { draw } from './random.ts';

/** What a called person may do. */
export const scenarioNames = [
  'confirm', // answers, presses 1
  'instructions', // presses 2 and speaks
  'another-time', // presses 3
  'never-again', // presses 9
  'hang-up', // answers and hangs up
  'silent', // answers, listens, presses nothing
  'voicemail', // a machine answers
  'busy',
  'no-answer',
  'failed', // the network cannot reach the number
  'wrong-number', // refused at once by the REST API: 400, code 21211
] as const;

export const ScenarioName = z.enum(scenarioNames);
export type ScenarioName = z.infer<typeof ScenarioName>;

/** One call's scenario, with what is otherwise drawn from the number given outright. */
export const Step = z.strictObject({
  scenario: ScenarioName,
  /** What is said into a recording. */
  say: z.string().min(1).max(2000).optional(),
  /** Language of what is said; else the language in which the person was spoken to. */
  language: z.enum(['en', 'es']).optional(),
  /** Pressed at the first, second, … prompt; the last repeats. An empty string is silence. */
  digits: z
    .array(z.string().regex(/^[0-9*#]*$/))
    .min(1)
    .optional(),
  /** How a recording ends: by falling silent, with the # key, or by hanging up. */
  endsBy: z.enum(['pause', 'key', 'hangup']).optional(),
  ringMs: z.int().min(0).max(600_000).optional(),
  /** The person hangs up so long after answering. */
  hangsUpAfterMs: z.int().min(0).optional(),
  answeredBy: z.enum(['human', 'machine_start', 'machine_end_beep', 'fax', 'unknown']).optional(),
});
export type Step = z.infer<typeof Step>;

/** `no-answer,confirm`: the n-th call to a number meets the n-th step, the last one repeats. */
export const parseSteps = (text: string): Step[] => text.split(',').map((name) => ({ scenario: ScenarioName.parse(name.trim()) }));

/** By a number's last two digits, unless it was given something else. Other endings draw by weight. */
export const numberTable: Readonly<Record<string, string>> = {
  '01': 'confirm',
  '02': 'instructions',
  '03': 'another-time',
  '04': 'silent',
  '05': 'hang-up',
  '06': 'voicemail',
  '07': 'busy',
  '08': 'no-answer',
  '09': 'never-again',
  '10': 'failed',
  '11': 'wrong-number',
  '12': 'no-answer,confirm',
  '13': 'busy,instructions',
  '14': 'voicemail,confirm',
  '15': 'failed,confirm',
  '16': 'no-answer,no-answer,instructions',
  '17': 'voicemail,busy,another-time',
};

export type Weights = Readonly<Partial<Record<ScenarioName, number>>>;

export const defaultWeights: Weights = {
  confirm: 40,
  instructions: 20,
  'another-time': 8,
  'never-again': 2,
  'hang-up': 5,
  silent: 2,
  voicemail: 9,
  busy: 4,
  'no-answer': 8,
  failed: 1,
  'wrong-number': 1,
};

/** `confirm=5,busy=1` */
export const parseWeights = (text: string): Weights =>
  Object.fromEntries(
    text.split(',').map((part) => {
      const [name, weight] = part.split('=');
      return [ScenarioName.parse(name?.trim()), z.coerce.number().min(0).parse(weight)];
    }),
  );

const weighted = (weights: Weights, at: number): ScenarioName => {
  const list = scenarioNames.map((name) => ({ name, weight: weights[name] ?? 0 }));
  let left = at * list.reduce((sum, { weight }) => sum + weight, 0);
  for (const { name, weight } of list) {
    left -= weight;
    if (left < 0) return name;
  }
  return 'confirm';
};

/** The scenario of the n-th call (from 0) to a number by weights. A number that does not exist does not exist the next time either. */
export const drawScenario = (weights: Weights, seed: string, to: string, n: number): ScenarioName => {
  const first = weighted(weights, draw(seed, to));
  if (n === 0 || first === 'wrong-number') return first;
  const later = weighted(weights, draw(seed, to, n));
  return later === 'wrong-number' ? 'no-answer' : later;
};
