import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { AttemptStore } from '#src/db/repositories/attempts/store.ts';
import type { Recordings } from '#src/db/repositories/recordings.ts';
import { instructionsLost, type InstructionsLostDeps } from './instructions-lost.ts';

export interface GiveUpRecordingDeps extends InstructionsLostDeps {
  attempts: Pick<AttemptStore, 'find'>;
  recordings: Pick<Recordings, 'failed'>;
}

/** Retries ran out: the driver hears of it first, then the Recording leaves the work list as `failed` with the reason. */
export async function giveUpRecording(recording: RecordingDoc, why: string, deps: GiveUpRecordingDeps): Promise<void> {
  const attempt = recording.attempt_id ? await deps.attempts.find(recording.attempt_id.toHexString()) : null;
  if (attempt) await instructionsLost(attempt, why, deps);
  await deps.recordings.failed(recording._id, why);
}
