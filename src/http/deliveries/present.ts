import { z } from 'zod';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import {
  CALL_STATUSES,
  CONTACT_STATES,
  DELIVERY_STATUSES,
  OUTCOMES,
  PRIORITIES,
  PROCESSING_STATUSES,
  SENTIMENTS,
} from '#src/domain/vocabulary.ts';

// What the API shows: the seed's field names, `id` for `_id`, times as ISO 8601 in UTC.

const Time = z.iso.datetime();
const Id = z.string();

const Contact = z.object({
  state: z.enum(CONTACT_STATES),
  reason: z.string().optional(),
  next_at: Time.optional(),
  instructions: z.string().optional(),
});

export const Delivery = z
  .object({
    id: Id,
    external_id: z.string().optional(),
    customer_id: Id,
    agent_id: Id.optional(),
    address: z.string(),
    coordinates: z.object({ type: z.literal('Point'), coordinates: z.array(z.number()) }),
    scheduled_time: Time,
    estimated_duration: z.number(),
    status: z.enum(DELIVERY_STATUSES),
    priority: z.enum(PRIORITIES),
    package_details: z.record(z.string(), z.unknown()),
    contact: Contact,
    retry_count: z
      .number()
      .meta({ description: 'Attempts after the first. One in the place of a call that was never placed is not one of max_retries.' }),
    max_retries: z.number(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'Delivery' });

const Analysis = z.object({
  sentiment: z.enum(SENTIMENTS).optional(),
  keywords: z.array(z.string()),
  instructions: z.string().optional(),
  priority: z.enum(PRIORITIES).optional(),
  summary: z.string().optional(),
  entities: z.array(z.object({ type: z.string().optional(), value: z.string().optional(), confidence: z.number().optional() })).optional(),
});

const Recording = z.object({
  id: Id,
  duration: z.number(),
  processing_status: z.enum(PROCESSING_STATUSES),
  transcription: z.string().optional(),
  ai_analysis: Analysis.optional(),
  error_message: z.string().optional(),
});

const Call = z.object({
  id: Id,
  call_sid: z.string(),
  status: z.enum(CALL_STATUSES),
  outcome: z.enum(OUTCOMES).optional(),
  answered_by: z.string().optional(),
  start_time: Time.optional(),
  end_time: Time.optional(),
  duration: z.number().optional(),
  retry_count: z.number(),
});

const TrackingEvent = z.object({ status: z.string(), timestamp: Time, notes: z.string().optional() });

export const DeliveryDetails = Delivery.extend({
  calls: z.array(Call),
  recording: Recording.nullable(),
  tracking_events: z.array(TrackingEvent),
}).meta({ id: 'DeliveryDetails' });

/** Leaves out what is not there: a JSON document has no `undefined`. */
const given = <Fields extends Record<string, unknown>>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [Field in keyof Fields]: Fields[Field] };

export const presentDelivery = (d: DeliveryDoc): z.input<typeof Delivery> => ({
  id: d._id.toHexString(),
  ...given({ external_id: d.external_id, agent_id: d.agent_id?.toHexString() }),
  customer_id: d.customer_id.toHexString(),
  address: d.address,
  coordinates: d.coordinates,
  scheduled_time: d.scheduled_time.toISOString(),
  estimated_duration: d.estimated_duration,
  status: d.status,
  priority: d.priority,
  package_details: d.package_details,
  contact: {
    state: d.contact.state,
    ...given({ reason: d.contact.reason, next_at: d.contact.next_at?.toISOString(), instructions: d.contact.instructions }),
  },
  retry_count: d.retry_count,
  max_retries: d.max_retries,
  created_at: d.createdAt.toISOString(),
  updated_at: d.updatedAt.toISOString(),
});

export const presentDetails = (
  delivery: DeliveryDoc,
  calls: CallLogDoc[],
  recording: RecordingDoc | null,
  events: TrackingEventDoc[],
): z.input<typeof DeliveryDetails> => ({
  ...presentDelivery(delivery),
  calls: calls.map(presentCall),
  recording: recording && presentRecording(recording),
  tracking_events: events.map(({ status, timestamp, notes }) => ({ status, timestamp: timestamp.toISOString(), ...given({ notes }) })),
});

const presentCall = (call: CallLogDoc): z.input<typeof Call> => ({
  id: call._id.toHexString(),
  call_sid: call.call_sid,
  status: call.status,
  ...given({
    outcome: call.outcome,
    answered_by: call.answered_by,
    start_time: call.start_time?.toISOString(),
    end_time: call.end_time?.toISOString(),
    duration: call.duration,
  }),
  retry_count: call.retry_count,
});

const presentRecording = (recording: RecordingDoc): z.input<typeof Recording> => ({
  id: recording._id.toHexString(),
  duration: recording.duration,
  processing_status: recording.processing_status,
  ...given({
    transcription: recording.transcription.text,
    ai_analysis: recording.ai_analysis.summary === undefined ? undefined : recording.ai_analysis,
    error_message: recording.error_message,
  }),
});
