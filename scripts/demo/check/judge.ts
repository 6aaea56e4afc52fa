import type { Evidence, Rule, Violation } from './evidence.ts';
import { oneCallAnAttempt } from './rules/calls.ts';
import { endingsAgree } from './rules/endings.ts';
import { instructionsOnce } from './rules/instructions.ts';
import { nothingLeftOver } from './rules/leftovers.ts';
import { nextTimeIsKept } from './rules/next-time.ts';
import { neverAgain } from './rules/opt-outs.ts';
import { driversWereTold } from './rules/pushes.ts';
import { nobodyInQuietHours } from './rules/quiet-hours.ts';
import { recordingsAreWhole } from './rules/recordings.ts';
import { submittedOnce } from './rules/submitted.ts';

const RULES: readonly Rule[] = [
  submittedOnce,
  oneCallAnAttempt,
  endingsAgree,
  nextTimeIsKept,
  nobodyInQuietHours,
  neverAgain,
  recordingsAreWhole,
  instructionsOnce,
  driversWereTold,
  nothingLeftOver,
];

/** Compares the database's account of a run with the simulator's. Shares no code with the product: it would share its mistakes. */
export const judge = (evidence: Evidence): Violation[] => RULES.flatMap((rule) => rule(evidence));
