import { ObjectId } from 'mongodb';
import type {
  AttemptRow,
  CallLogRow,
  CallSeen,
  DeliveryRow,
  EventRow,
  Evidence,
  HeldJob,
  NotificationRow,
  PushSeen,
  RecordingRow,
  Submitted,
} from '#scripts/demo/check/evidence.ts';

type Writable<Row> = { -readonly [Field in keyof Row]: Row[Field] };

/** Evidence that a test can spoil. */
export interface Spoilable extends Evidence {
  submitted: Writable<Submitted>[];
  deliveries: DeliveryRow[];
  attempts: AttemptRow[];
  callLogs: CallLogRow[];
  recordings: RecordingRow[];
  notifications: NotificationRow[];
  events: EventRow[];
  optOuts: string[];
  calls: Writable<CallSeen>[];
  pushes: PushSeen[];
  objects: Map<string, number>;
  jobs: Writable<HeldJob>[];
}

const DRIVER = new ObjectId();
const PHONES = { message: '+12025550101', night: '+12025550102', never: '+12025550103' };
export const SPOKEN = 'Please leave it with my neighbour.';
export const DUE = new Date('2027-03-02T13:00:00Z');

/**
 * Three deliveries of one driver, all as they should be: [0] was busy and then left a message, [1] waits for the morning, [2] opted out.
 * Local noon in New York is 17:00 UTC.
 */
export function soundEvidence(): Spoilable {
  const deliveries = [delivery('A', 'instructed', 1), delivery('B', 'pending', 0), delivery('C', 'opted_out', 0)] as const;
  const [message, night, never] = deliveries;
  message.package_details.special_instructions = `Fragile\n${SPOKEN}`;
  message.contact.instructions = SPOKEN;
  night.contact = { state: 'pending', reason: 'quiet_hours', next_at: DUE };
  const attempts = [
    attempt(message, 1, PHONES.message, { state: 'finished', call_sid: 'CA1', outcome: 'busy', follow_up: 'done' }),
    attempt(message, 2, PHONES.message, { state: 'finished', call_sid: 'CA2', outcome: 'instructed', recording: { state: 'stored' } }),
    attempt(night, 1, PHONES.night, { state: 'planned', due_at: DUE }),
    attempt(never, 1, PHONES.never, { state: 'finished', call_sid: 'CA3', outcome: 'opted_out' }),
  ];
  const [busy, spoke, waiting, refused] = attempts as [AttemptRow, AttemptRow, AttemptRow, AttemptRow];
  return {
    submitted: [
      { ...submitted(message, PHONES.message), shipperInstructions: 'Fragile' },
      submitted(night, PHONES.night),
      submitted(never, PHONES.never),
    ],
    customers: deliveries.map(({ customer_id }) => ({ _id: customer_id, name: 'Ana', preferences: { timezone: 'America/New_York' } })),
    deliveries: [...deliveries],
    attempts,
    callLogs: [
      { call_sid: 'CA1', status: 'busy', delivery_id: message._id },
      { call_sid: 'CA2', status: 'completed', delivery_id: message._id },
      { call_sid: 'CA3', status: 'completed', delivery_id: never._id },
    ],
    recordings: [
      {
        delivery_id: message._id,
        recording_sid: 'RE1',
        storage_key: 'recordings/1.mp3',
        file_size: 100,
        sha256: 'abc',
        processing_status: 'completed',
        transcription: { text: SPOKEN },
      },
    ],
    notifications: [
      notification(message, 'instructions', `1 Oak Road: ${SPOKEN}`),
      notification(never, 'opted_out', '1 Oak Road: no calls.'),
    ],
    pushes: [push(message, 'instructions', `1 Oak Road: ${SPOKEN}`), push(never, 'opted_out', '1 Oak Road: no calls.')],
    events: [{ kind: 'call-status', attempt_id: spoke._id, state: 'applied' }],
    optOuts: [PHONES.never],
    calls: [
      { ...call('CA1', busy, '2027-03-01T17:00:00.000Z'), status: 'busy' },
      {
        ...call('CA2', spoke, '2027-03-01T17:10:00.000Z'),
        pressed: ['2', '#'],
        recordings: [{ recordingSid: 'RE1', status: 'completed', seconds: 5, text: SPOKEN }],
      },
      { ...call('CA3', refused, '2027-03-01T17:00:00.000Z'), pressed: ['9'] },
    ],
    heard: [{ text: SPOKEN, sha256: 'abc' }],
    analysed: [{ transcript: SPOKEN, instructions: SPOKEN }],
    objects: new Map([['recordings/1.mp3', 100]]),
    jobs: [
      { queue: 'call', id: 'call-1', state: 'delayed', runsAt: DUE, data: { attemptId: waiting._id.toHexString() } },
      { queue: 'reconcile', id: 'reconcile-1', state: 'active', runsAt: null, data: {} },
    ],
    toleranceMs: 60_000,
  };
}

const delivery = (externalId: string, state: string, retries: number): DeliveryRow => ({
  _id: new ObjectId(),
  external_id: externalId,
  customer_id: new ObjectId(),
  agent_id: DRIVER,
  status: 'assigned',
  package_details: {},
  contact: { state },
  retry_count: retries,
  max_retries: 3,
});

const submitted = ({ _id, external_id = '' }: DeliveryRow, phone: string): Submitted => ({
  externalId: external_id,
  deliveryId: _id.toHexString(),
  phone,
  agentId: DRIVER.toHexString(),
  shipperInstructions: null,
  cancelled: false,
});

const attempt = ({ _id }: DeliveryRow, number: number, phone: string, rest: Partial<AttemptRow> & { state: string }): AttemptRow => ({
  _id: new ObjectId(),
  delivery_id: _id,
  number,
  to_number: phone,
  due_at: new Date('2027-03-01T17:00:00Z'),
  ...rest,
});

const call = (callSid: string, { _id, to_number }: AttemptRow, at: string): CallSeen => ({
  callSid,
  to: to_number,
  status: 'completed',
  url: `http://127.0.0.1:3000/webhooks/twilio/voice/${_id.toHexString()}#rc=5`,
  createdAt: at,
  endedAt: at.replace(':00.000Z', ':40.000Z'),
  answeredBy: 'human',
  pressed: [],
  recordings: [],
});

const notification = ({ _id }: DeliveryRow, kind: string, body: string): NotificationRow => ({
  _id: new ObjectId(),
  delivery_id: _id,
  agent_id: DRIVER,
  kind,
  state: 'sent',
  title: kind,
  body,
});

const push = ({ _id }: DeliveryRow, kind: string, body: string): PushSeen => ({
  label: DRIVER.toHexString(),
  status: 201,
  title: kind,
  body,
  deliveryId: _id.toHexString(),
  kind,
});
