import type { Db, Document, Filter, ObjectId } from 'mongodb';
import { allowedFrom } from '#src/domain/contact-moves.ts';
import type { ContactState, DeliveryStatus } from '#src/domain/vocabulary.ts';
import { groupedFind, groupedFindBy } from '#src/db/grouped/find.ts';
import { groupedInsert, type Inserted } from '#src/db/grouped/insert.ts';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import type { Time } from '#src/platform/time.ts';

export interface ContactMove {
  from: readonly ContactState[];
  to: ContactState;
  /** Why it is so; null removes the reason. */
  reason: string | null;
  /** When the next attempt is due; null removes it. */
  nextAt: Date | null;
  /** The number of the attempt that this move speaks of: a move of an earlier attempt never replaces a later one's. */
  attempt: number;
  event: TrackingEventDoc;
  /** An event after which this move says nothing any more. */
  unlessAfter?: ObjectId;
  /** Attempts after the first, as far as this move knows of them: the delivery's count is only ever raised. */
  retries?: number;
  /** Further fields of the same write. */
  also?: Document;
}

export interface DeliveryPage {
  status?: DeliveryStatus;
  customerId?: ObjectId;
  /** The last id of the page before. */
  before?: ObjectId;
  limit: number;
}

export interface Deliveries {
  find(id: ObjectId): Promise<DeliveryDoc | null>;
  insert(delivery: DeliveryDoc): Promise<Inserted>;
  findByExternalId(apiKeyId: ObjectId, externalId: string): Promise<DeliveryDoc | null>;
  /** Gives the delivery to the customer whom its phone number has. */
  belongTo(id: ObjectId, customerId: ObjectId): Promise<boolean>;
  /** Newest first. */
  list(page: DeliveryPage): Promise<DeliveryDoc[]>;
  /** Moves the phone's side of the delivery; false when it has moved on. To `contacting` only an attempt moves it that nothing else is known of. */
  moveContact(id: ObjectId, move: ContactMove): Promise<boolean>;
  /** Cancels the parcel and closes its contact, unless the customer opted out; false when the parcel is already over. What that calls for is pending work from then on. */
  cancel(id: ObjectId, event: TrackingEventDoc): Promise<boolean>;
  /** Everything was done that the cancelling calls for. */
  cancellationFollowed(id: ObjectId): Promise<boolean>;
  /** Adds an event to the delivery's own short history, once. */
  note(id: ObjectId, event: TrackingEventDoc, set?: Document): Promise<boolean>;
  /** Appends what the customer said to the shipper's instructions, once per recording. */
  addInstructions(id: ObjectId, event: TrackingEventDoc, instructions: string): Promise<boolean>;
  /** Deliveries of one customer whose contact is still open. */
  openOfCustomer(customerId: ObjectId): Promise<DeliveryDoc[]>;
}

interface ExternalKey {
  apiKeyId: ObjectId;
  externalId: string;
  toString(): string;
}

/** The seed's documents keep the last 50 entries of their histories; complete they are in collections of their own. */
const KEPT_EVENTS = 50;
const OPEN: ContactState[] = ['pending', 'contacting'];
const OVER: DeliveryStatus[] = ['completed', 'failed', 'cancelled'];

export function createDeliveries(db: Db, time: Time): Deliveries {
  const deliveries = db.collection<DeliveryDoc>('deliveries');
  const update = groupedUpdate<DeliveryDoc>(deliveries);
  const findExternal = groupedFindBy<DeliveryDoc, ExternalKey>(
    deliveries,
    (keys) => ({
      api_key_id: { $in: keys.map(({ apiKeyId }) => apiKeyId) },
      external_id: { $in: keys.map(({ externalId }) => externalId) },
    }),
    ({ api_key_id, external_id }) => `${api_key_id?.toHexString()}:${external_id}`,
  );
  const push = (event: TrackingEventDoc) => ({ tracking_events: { $each: [embedded(event)], $slice: -KEPT_EVENTS } });
  /** The same in a pipeline. */
  const appended = (event: TrackingEventDoc) => ({
    $slice: [{ $concatArrays: ['$tracking_events', [{ $literal: embedded(event) }]] }, -KEPT_EVENTS],
  });

  return {
    find: groupedFind(deliveries, '_id'),
    insert: groupedInsert(deliveries),
    findByExternalId: (apiKeyId, externalId) =>
      findExternal({ apiKeyId, externalId, toString: () => `${apiKeyId.toHexString()}:${externalId}` }),
    belongTo: (id, customerId) => update({ _id: id, guard: {}, update: { $set: { customer_id: customerId, updatedAt: time.now() } } }),
    list: ({ status, customerId, before, limit }) => {
      const filter: Filter<DeliveryDoc> = {
        ...(status ? { status } : {}),
        ...(customerId ? { customer_id: customerId } : {}),
        ...(before ? { _id: { $lt: before } } : {}),
      };
      return deliveries.find(filter).sort({ _id: -1 }).limit(limit).toArray();
    },
    moveContact: (id, { from, to, reason, nextAt, attempt, event, unlessAfter, retries = 0, also = {} }) => {
      const unset = { ...(reason === null ? { 'contact.reason': '' } : {}), ...(nextAt === null ? { 'contact.next_at': '' } : {}) };
      return update({
        _id: id,
        guard: {
          'contact.state': { $in: from },
          // The news that a call has begun may come after that of its end: then it says nothing any more.
          'contact.attempt': { $not: to === 'contacting' ? { $gte: attempt } : { $gt: attempt } },
          'tracking_events._id': { $nin: [event._id, ...(unlessAfter ? [unlessAfter] : [])] },
        },
        update: {
          $set: {
            'contact.state': to,
            'contact.attempt': attempt,
            ...(reason === null ? {} : { 'contact.reason': reason }),
            ...(nextAt === null ? {} : { 'contact.next_at': nextAt }),
            ...also,
            updatedAt: time.now(),
          },
          ...(Object.keys(unset).length > 0 ? { $unset: unset } : {}),
          $max: { retry_count: retries },
          $push: push(event),
        },
      });
    },
    async cancel(id, event) {
      // Whoever asked never to be called stays opted out.
      const closes = { $in: ['$contact.state', allowedFrom('cancelled')] };
      const unlessClosed = (field: string) => ({ $cond: [closes, '$$REMOVE', field] });
      // Parcel and phone in one write: between two, a call's job would tell the driver that the delivery stands.
      const result = await deliveries.updateOne({ _id: id, status: { $nin: OVER } }, [
        {
          $set: {
            status: 'cancelled',
            cancel_follow_up: 'due',
            'contact.state': { $cond: [closes, 'cancelled', '$contact.state'] },
            'contact.next_at': unlessClosed('$contact.next_at'),
            'contact.reason': unlessClosed('$contact.reason'),
            tracking_events: appended(event),
            updatedAt: time.now(),
          },
        },
      ]);
      return result.matchedCount === 1;
    },
    cancellationFollowed: (id) =>
      update({ _id: id, guard: { cancel_follow_up: 'due' }, update: { $set: { cancel_follow_up: 'done', updatedAt: time.now() } } }),
    note: (id, event, set = {}) =>
      update({
        _id: id,
        guard: { 'tracking_events._id': { $ne: event._id } },
        update: { $set: { ...set, updatedAt: time.now() }, $push: push(event) },
      }),
    addInstructions: async (id, event, instructions) => {
      const written = { $ifNull: ['$package_details.special_instructions', ''] };
      const result = await deliveries.updateOne({ _id: id, 'tracking_events._id': { $ne: event._id } }, [
        {
          $set: {
            'package_details.special_instructions': {
              $cond: [{ $eq: [written, ''] }, { $literal: instructions }, { $concat: [written, '\n', { $literal: instructions }] }],
            },
            'contact.instructions': { $literal: instructions },
            tracking_events: appended(event),
            updatedAt: time.now(),
          },
        },
      ]);
      return result.matchedCount === 1;
    },
    openOfCustomer: (customerId) => deliveries.find({ customer_id: customerId, 'contact.state': { $in: OPEN } }).toArray(),
  };
}

const embedded = ({ _id, status, timestamp, notes, location }: TrackingEventDoc) => ({
  _id,
  status,
  timestamp,
  ...(notes === undefined ? {} : { notes }),
  ...(location === undefined ? {} : { location }),
});
