/**
 * Which job kills its worker? When a process dies, all jobs that it ran have "stalled", the killer and its neighbours alike, and BullMQ
 * counts it against each. So a count alone would condemn the innocent. The rule here:
 *
 * 1. After a first death a job runs again like any other: processes die for many reasons.
 * 2. After a second it is a suspect. Suspects run one at a time in a process (others, who are none, may run beside it), so that
 *    the next death has one suspect only; that this one is running is written down before it starts.
 * 3. The suspect that was running when its process died is the killer: it is quarantined. The innocent has run to its end by then,
 *    in its turn, and is as free as before.
 *
 * What a job remembers is in its `progress`, where BullMQ keeps it with the job and Bull Board shows it.
 */

/** Deaths after which a job is a suspect. */
const SUSPICIOUS = 2;

export interface DeathRecord {
  /** How often it had stalled when it last proved harmless: those are forgiven. */
  forgiven: number;
  /** How often it had stalled when its last run as a suspect began; absent when that has ended. */
  alone?: number;
}

export type Standing = 'free' | 'suspect' | 'killer';

/** `stalls` is BullMQ's own count, which never goes down; `progress` what was stored with the job. */
export function standingOf(stalls: number, progress: unknown): Standing {
  const { forgiven, alone } = recordOf(progress);
  if (alone !== undefined && stalls > alone) return 'killer';
  return stalls - forgiven >= SUSPICIOUS ? 'suspect' : 'free';
}

/** To be stored before a suspect's run. */
export const runsAlone = (stalls: number, progress: unknown): DeathRecord => ({ forgiven: recordOf(progress).forgiven, alone: stalls });

/** To be stored when a suspect's run has ended without a death, and the job lives on. */
export const harmless = (stalls: number): DeathRecord => ({ forgiven: stalls });

/** To be stored with a killer: should an operator retry it, it runs as a suspect, and its next death is its last. */
export const condemned = (stalls: number): DeathRecord => ({ forgiven: Math.max(0, stalls - SUSPICIOUS) });

function recordOf(progress: unknown): DeathRecord {
  const isRecord = typeof progress === 'object' && progress !== null && 'forgiven' in progress && typeof progress.forgiven === 'number';
  return isRecord ? (progress as DeathRecord) : { forgiven: 0 };
}

/** The one place for suspects in a process, whatever their queue. */
export interface Cell {
  /** False while another suspect is in it. */
  enter(): boolean;
  leave(): void;
}

export function createCell(): Cell {
  let taken = false;
  return {
    enter() {
      if (taken) return false;
      taken = true;
      return true;
    },
    leave() {
      taken = false;
    },
  };
}
