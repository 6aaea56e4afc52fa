import type { Steps } from '#scripts/simulator/people.ts';

/** A part in the default demo: what the customer wants by their papers, and what they do on the phone. */
export interface Role {
  steps: Steps;
  language?: 'en' | 'es';
  /** Where it is now in the customer's life: late morning (may be called), or night. */
  local?: 'morning' | 'night';
  /** A wish that puts the call off. */
  wish?: 'evening' | 'another-day' | 'messages-only';
  maxRetries?: number;
  /** When upstream cancels it. */
  cancel?: 'at-once' | 'in-the-call';
  /** How many of the first forty play it. */
  times: number;
}

const LONG_RING_MS = 25_000;

/** The quick ones first: a small demo takes the first few. Together forty. */
export const ROLES: readonly Role[] = [
  { steps: 'confirm', times: 5 },
  { steps: 'instructions', times: 3 },
  { steps: 'instructions', language: 'es', times: 3 },
  { steps: 'busy,instructions', times: 2 },
  { steps: 'never-again', times: 2 },
  { steps: 'hang-up', times: 2 },
  { steps: 'wrong-number', times: 2 },
  { steps: 'confirm', wish: 'evening', cancel: 'at-once', times: 2 },
  { steps: 'another-time', times: 2 },
  { steps: 'busy,busy', maxRetries: 1, times: 2 },
  { steps: 'confirm', local: 'night', times: 2 },
  { steps: 'confirm', wish: 'evening', times: 2 },
  { steps: 'no-answer,confirm', times: 2 },
  { steps: 'voicemail,confirm', language: 'es', times: 2 },
  { steps: 'confirm', wish: 'messages-only', times: 2 },
  { steps: { scenario: 'silent', ringMs: LONG_RING_MS }, cancel: 'in-the-call', times: 1 },
  { steps: 'confirm', wish: 'another-day', times: 1 },
  { steps: 'no-answer,no-answer', times: 1 },
  { steps: 'failed,confirm', times: 1 },
  { steps: 'silent', times: 1 },
];

/** The parts of `count` deliveries: each part once, then each that is played twice once more, and so on; then from the beginning. */
export function castOf(count: number): Role[] {
  const most = Math.max(...ROLES.map(({ times }) => times));
  const rounds = Array.from({ length: most }, (_, round) => ROLES.filter(({ times }) => times > round)).flat();
  return Array.from({ length: count }, (_, index) => rounds[index % rounds.length]).filter((role) => role !== undefined);
}
