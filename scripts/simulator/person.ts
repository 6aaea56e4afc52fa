import { draw, pick } from './random.ts';
import type { ScenarioName, Step } from './scenarios.ts';
import type { Spoken } from './sentences.ts';
import { sentenceFor } from './sentences.ts';

/** What happens at the other end of one call. Durations are simulated milliseconds. */
export interface Person {
  readonly scenario: ScenarioName;
  readonly line: 'answers' | 'busy' | 'no-answer' | 'failed' | 'refused';
  /** From the first ring to the answer, the busy tone or the network's failure. */
  readonly ringMs: number;
  readonly answeredBy: string;
  /** How long answering-machine detection needs to be sure. */
  readonly detectionMs: number;
  readonly hangsUpAfterMs: number | null;
  readonly reactionMs: number;
  /** What is pressed at the n-th prompt, from 0. */
  press: (prompt: number) => string;
  /** What is said after a beep; null is silence. */
  speak: (heard: Spoken) => { text: string; language: Spoken } | null;
  readonly endsBy: 'pause' | 'key' | 'hangup';
}

const lines: Readonly<Partial<Record<ScenarioName, Person['line']>>> = {
  busy: 'busy',
  'no-answer': 'no-answer',
  failed: 'failed',
  'wrong-number': 'refused',
};

const keys: Readonly<Partial<Record<ScenarioName, string>>> = { confirm: '1', instructions: '2', 'another-time': '3', 'never-again': '9' };

const detected: Readonly<Partial<Record<ScenarioName, [answeredBy: string, afterMs: number]>>> = {
  voicemail: ['machine_start', 4000],
  silent: ['unknown', 5000],
};

const ringing = (line: Person['line'], to: string, n: number): number => {
  if (line === 'answers') return 3000 + Math.floor(draw('ring', to, n) * 6000);
  return line === 'busy' ? 2000 : 1000;
};

const patience: Readonly<Partial<Record<ScenarioName, number>>> = { 'hang-up': 3000, voicemail: 60_000 };

/** The person who takes the n-th call (from 0) to a number, following one step of its scenario. */
export const createPerson = (step: Step, to: string, n: number): Person => {
  const { scenario } = step;
  const line = lines[scenario] ?? 'answers';
  const [answeredBy, detectionMs] = detected[scenario] ?? ['human', 2100];
  const digits = step.digits ?? [keys[scenario] ?? ''];
  const talks = step.say !== undefined || scenario === 'instructions';
  return {
    scenario,
    line,
    ringMs: step.ringMs ?? ringing(line, to, n),
    answeredBy: step.answeredBy ?? answeredBy,
    detectionMs,
    hangsUpAfterMs: step.hangsUpAfterMs ?? patience[scenario] ?? null,
    reactionMs: 800 + Math.floor(draw('reaction', to, n) * 1500),
    press: (prompt) => digits[Math.min(prompt, digits.length - 1)] ?? '',
    speak: (heard) => {
      if (!talks) return null;
      const language = step.language ?? heard;
      return { text: step.say ?? sentenceFor(to, n, language), language };
    },
    endsBy: step.endsBy ?? pick(['pause', 'pause', 'key', 'key', 'hangup'] as const, 'ends', to, n),
  };
};
