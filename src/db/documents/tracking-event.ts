import { ObjectId } from 'mongodb';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import type { Given } from './build.ts';

export type NewTrackingEvent = Given<TrackingEventDoc, '_id'>;

/** Has no default but its id, which should be given: made of what happened, it keeps the event from being told twice. */
export const newTrackingEvent = (given: NewTrackingEvent): TrackingEventDoc => ({ ...given, _id: given._id ?? new ObjectId() });
