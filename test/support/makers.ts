import type { Db, ObjectId } from 'mongodb';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAgent } from '#src/db/documents/agent.ts';
import { newAttempt, type NewAttempt } from '#src/db/documents/attempt.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { newCustomer, type NewCustomer } from '#src/db/documents/customer.ts';
import { newDelivery, type NewDelivery } from '#src/db/documents/delivery.ts';
import { newNotification, type NewNotification } from '#src/db/documents/notification.ts';
import { newRecording, type NewRecording } from '#src/db/documents/recording.ts';
import { newWebhookEvent } from '#src/db/documents/webhook-event.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { HOUR, type Time } from '#src/platform/time.ts';
import { callSid, recordingSid } from './fakes/telephony.ts';

export const TRACE_ID = 'a'.repeat(32);
export const SUBSCRIPTION = { endpoint: 'https://push.example.com/driver', keys: { p256dh: 'p', auth: 'a' } };

/** Documents that are in the database when the maker resolves. Their ids and numbers depend only on how many were made before, so that two worlds made alike are alike. */
export function makers(db: Db, time: Time) {
  let made = 0;
  const id = (): ObjectId => deterministicId('made', (made += 1));
  const phone = () => `+1202555${String((made += 1)).padStart(4, '0')}`;
  const put = async <Doc extends { _id: ObjectId }>(collection: string, doc: Doc): Promise<Doc> => {
    await db.collection(collection).insertOne(doc);
    return doc;
  };

  /** Lives in New York, where it is ten in the morning. */
  const aCustomer = (over: Partial<NewCustomer> = {}) =>
    put('customers', newCustomer({ _id: id(), name: 'Ann Other', phone: phone(), ...over }, time.now()));

  const aDriver = (over: { push_subscription?: unknown } = { push_subscription: SUBSCRIPTION }) =>
    put(
      'agents',
      newAgent({ _id: id(), name: 'Dora', phone: phone(), email: `${phone()}@example.com`, password: 'a hash', ...over }, time.now()),
    );

  /** Due in eight hours, with a driver; `contact` is `pending`. */
  const aDelivery = async (over: Partial<NewDelivery> = {}): Promise<DeliveryDoc> => {
    const customer_id = over.customer_id ?? (await aCustomer())._id;
    const agent_id = over.agent_id ?? (await aDriver())._id;
    return put(
      'deliveries',
      newDelivery(
        {
          _id: id(),
          agent_id,
          address: '1 Main St',
          coordinates: { type: 'Point', coordinates: [-74, 40] },
          scheduled_time: new Date(time.now().getTime() + 8 * HOUR),
          trace_id: TRACE_ID,
          contact: { attempt: 0, next_at: time.now() },
          ...over,
          customer_id,
        },
        time.now(),
      ),
    );
  };

  /** The first attempt of a delivery of its own, due now. */
  const aPlannedAttempt = async (over: Partial<NewAttempt> = {}, delivery?: DeliveryDoc): Promise<CallAttemptDoc> => {
    const of = delivery ?? (await aDelivery());
    const customer = await db.collection('customers').findOne({ _id: of.customer_id });
    const number = over.number ?? 1;
    return put(
      'callattempts',
      newAttempt(
        {
          _id: deterministicId(of._id.toHexString(), 'attempt', number),
          delivery_id: of._id,
          customer_id: of.customer_id,
          number,
          to_number: String(customer?.['phone']),
          due_at: time.now(),
          priority: of.priority,
          trace_id: TRACE_ID,
          ...over,
        },
        time.now(),
      ),
    );
  };

  /** An attempt whose call Twilio has accepted, as `call` leaves it, but for the tracking event. */
  const aCall = async (over: Partial<NewAttempt> = {}, delivery?: DeliveryDoc): Promise<CallAttemptDoc> => {
    const of = delivery ?? (await aDelivery({ contact: { state: 'contacting', attempt: 1 } }));
    const sid = over.call_sid ?? callSid((made += 1));
    const now = time.now();
    const attempt = await aPlannedAttempt({ state: 'submitted', epoch: 1, claimed_at: now, submitted_at: now, call_sid: sid, ...over }, of);
    await put('calllogs', {
      ...newCallLog(
        {
          _id: deterministicId('call', sid),
          delivery_id: of._id,
          attempt_id: attempt._id,
          call_sid: sid,
          status: 'queued',
          from_number: '+12025550000',
          to_number: attempt.to_number,
          retry_count: attempt.number - 1,
        },
        now,
      ),
    });
    return attempt;
  };

  /** An attempt that has ended so, its retry not decided. */
  const anEndedAttempt = (outcome: CallAttemptDoc['outcome'] & string, over: Partial<NewAttempt> = {}, delivery?: DeliveryDoc) =>
    aCall({ state: 'finished', outcome, follow_up: 'due', finished_at: time.now(), event_count: 4, ...over }, delivery);

  /** A filed event of an attempt's call. */
  const anEvent = (event: CallEvent, attempt: Pick<CallAttemptDoc, '_id'>): Promise<WebhookEventDoc> =>
    put(
      'webhookevents',
      newWebhookEvent({
        _id: deterministicId('event', event.id),
        dedupe_key: event.id,
        kind: event.kind,
        attempt_id: attempt._id,
        call_sid: event.callSid,
        occurred_at: event.occurredAt,
        received_at: time.now(),
        data: { ...event.data },
        trace_id: TRACE_ID,
        ...(event.sequence === undefined ? {} : { sequence: event.sequence }),
      }),
    );

  /** A recording that is stored in S3, of a call of its own. */
  const aRecording = async (over: Partial<NewRecording> = {}, delivery?: DeliveryDoc) => {
    const sid = recordingSid((made += 1));
    const attempt = await aCall({ state: 'finished', outcome: 'instructed', recording: { state: 'stored', sid } }, delivery);
    return put(
      'recordings',
      newRecording(
        {
          _id: deterministicId('recording', sid),
          call_log_id: deterministicId('call', attempt.call_sid ?? ''),
          delivery_id: attempt.delivery_id,
          attempt_id: attempt._id,
          audio_url: 'https://s3.example.com/bucket/a.mp3',
          duration: 7,
          recording_sid: sid,
          storage_key: `recordings/${sid}.mp3`,
          trace_id: TRACE_ID,
          ...over,
        },
        time.now(),
      ),
    );
  };

  const aNotification = async (over: Partial<NewNotification> = {}) => {
    const _id = id();
    const agent_id = over.agent_id ?? (await aDriver())._id;
    return put(
      'notifications',
      newNotification(
        {
          _id,
          key: _id.toHexString(),
          delivery_id: id(),
          kind: 'confirmed',
          title: 'Confirmed',
          body: 'At home.',
          trace_id: TRACE_ID,
          ...over,
          agent_id,
        },
        time.now(),
      ),
    );
  };

  return { aCustomer, aDriver, aDelivery, aPlannedAttempt, aCall, anEndedAttempt, anEvent, aRecording, aNotification };
}
