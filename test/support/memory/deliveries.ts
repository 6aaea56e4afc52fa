import type { ObjectId } from 'mongodb';
import type { DeliveryContact, DeliveryDoc, DeliveryEvent } from '#src/db/models/deliveries.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import type { ContactMove, Deliveries } from '#src/db/repositories/deliveries.ts';
import { allowedFrom } from '#src/domain/contact-moves.ts';
import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from './round-trip.ts';
import { externalKey, type Store } from './store.ts';
import { keyOf } from './table.ts';
import { without } from './without.ts';
import { withPaths } from './with-paths.ts';

const KEPT_EVENTS = 50;

export function memoryDeliveries({ deliveries }: Store, time: Time, trip: RoundTrip): Deliveries {
  const change = (what: string, id: ObjectId, guard: (doc: DeliveryDoc) => boolean, by: (doc: DeliveryDoc) => DeliveryDoc) => {
    const at = time.now();
    return trip(`deliveries.${what}`, () => deliveries.update(id, guard, (doc) => ({ ...by(doc), updatedAt: at })));
  };
  return {
    find: (id) => trip('deliveries.find', () => deliveries.get(id)),
    insert: (delivery) => trip('deliveries.insert', () => deliveries.insert(delivery)),
    findByExternalId: (api_key_id, external_id) =>
      trip('deliveries.findByExternalId', () => deliveries.by('external_id', externalKey({ api_key_id, external_id }) ?? '')),
    belongTo: (id, customerId) =>
      change(
        'belongTo',
        id,
        () => true,
        (doc) => ({ ...doc, customer_id: customerId }),
      ),
    list: ({ status, customerId, before, limit }) =>
      trip('deliveries.list', () =>
        deliveries
          .filter(
            (doc) =>
              (!status || doc.status === status) &&
              (!customerId || doc.customer_id.equals(customerId)) &&
              (!before || keyOf(doc._id) < keyOf(before)),
          )
          .toSorted((a, b) => (keyOf(a._id) < keyOf(b._id) ? 1 : -1))
          .slice(0, limit),
      ),
    moveContact: (id, move) =>
      change(
        'moveContact',
        id,
        (doc) => mayMove(doc, move),
        (doc) => ({
          ...withPaths(doc, move.also ?? {}),
          retry_count: Math.max(doc.retry_count, move.retries ?? 0),
          contact: moved(doc.contact, move),
          tracking_events: appended(doc, move.event),
        }),
      ),
    cancel: (id, event) =>
      change(
        'cancel',
        id,
        ({ status }) => status !== 'completed' && status !== 'failed' && status !== 'cancelled',
        (doc) => ({
          ...doc,
          status: 'cancelled',
          cancel_follow_up: 'due',
          contact: allowedFrom('cancelled').includes(doc.contact.state)
            ? without({ ...doc.contact, state: 'cancelled' }, ['next_at', 'reason'])
            : doc.contact,
          tracking_events: appended(doc, event),
        }),
      ),
    cancellationFollowed: (id) =>
      change(
        'cancellationFollowed',
        id,
        ({ cancel_follow_up }) => cancel_follow_up === 'due',
        (doc) => ({ ...doc, cancel_follow_up: 'done' }),
      ),
    note: (id, event, set = {}) =>
      change(
        'note',
        id,
        (doc) => !has(doc, event._id),
        (doc) => ({ ...withPaths(doc, set), tracking_events: appended(doc, event) }),
      ),
    addInstructions: (id, event, instructions) =>
      change(
        'addInstructions',
        id,
        (doc) => !has(doc, event._id),
        (doc) => {
          const written = doc.package_details.special_instructions ?? '';
          const special_instructions = written === '' ? instructions : `${written}\n${instructions}`;
          return {
            ...doc,
            package_details: { ...doc.package_details, special_instructions },
            contact: { ...doc.contact, instructions },
            tracking_events: appended(doc, event),
          };
        },
      ),
    openOfCustomer: (customerId) =>
      trip('deliveries.openOfCustomer', () =>
        deliveries.filter(
          ({ customer_id, contact: { state } }) => customer_id.equals(customerId) && (state === 'pending' || state === 'contacting'),
        ),
      ),
  };
}

function mayMove(doc: DeliveryDoc, { from, to, attempt, event, unlessAfter }: ContactMove): boolean {
  const last = doc.contact.attempt ?? -Infinity;
  const isPast = has(doc, event._id) || (unlessAfter !== undefined && has(doc, unlessAfter));
  return from.includes(doc.contact.state) && !(to === 'contacting' ? last >= attempt : last > attempt) && !isPast;
}

function moved(contact: DeliveryContact, { to, attempt, reason, nextAt }: ContactMove): DeliveryContact {
  const { reason: _reason, next_at: _nextAt, ...rest } = contact;
  return {
    ...rest,
    state: to,
    attempt,
    ...(reason === null ? {} : { reason }),
    ...(nextAt === null ? {} : { next_at: nextAt }),
  };
}

const has = ({ tracking_events }: DeliveryDoc, id: ObjectId): boolean => tracking_events.some(({ _id }) => _id.equals(id));

const appended = ({ tracking_events }: DeliveryDoc, { _id, status, timestamp, notes, location }: TrackingEventDoc): DeliveryEvent[] =>
  [
    ...tracking_events,
    { _id, status, timestamp, ...(notes === undefined ? {} : { notes }), ...(location === undefined ? {} : { location }) },
  ].slice(-KEPT_EVENTS);
