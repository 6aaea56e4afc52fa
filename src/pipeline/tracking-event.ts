import type { ObjectId } from 'mongodb';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newTrackingEvent } from '#src/db/documents/tracking-event.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';

export interface Happening {
  deliveryId: ObjectId;
  attemptId?: ObjectId;
  /** The event's name, as in the history that the API shows: `call_postponed`, `confirmed`, … */
  status: string;
  notes?: string;
  at: Date;
  /** Tells two happenings of the same name apart, for one attempt. Default: there is only one. */
  occasion?: string;
}

/** The same happening always gets the same id, so that a repeated run records it once. */
export const trackingEventId = ({ deliveryId, attemptId, status, occasion = '' }: Omit<Happening, 'notes' | 'at'>): ObjectId =>
  deterministicId(deliveryId.toHexString(), attemptId?.toHexString() ?? '', status, occasion);

/** One entry of a delivery's history. */
export function trackingEvent(happening: Happening): TrackingEventDoc {
  const { deliveryId, attemptId, status, notes, at } = happening;
  return newTrackingEvent({
    _id: trackingEventId(happening),
    delivery_id: deliveryId,
    ...(attemptId ? { attempt_id: attemptId } : {}),
    status,
    timestamp: at,
    ...(notes === undefined ? {} : { notes }),
  });
}
