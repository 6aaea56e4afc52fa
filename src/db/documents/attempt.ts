import { callAttemptSchema, type CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewAttempt = Given<
  CallAttemptDoc,
  '_id' | 'createdAt' | 'updatedAt' | 'channel' | 'state' | 'epoch' | 'generation' | 'priority' | 'event_count' | 'cancel_requested'
>;

/** A planned call, not claimed by anybody. */
export const newAttempt = documentBuilder<CallAttemptDoc, NewAttempt>(callAttemptSchema);
