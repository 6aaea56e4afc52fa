import { ObjectId } from 'mongodb';
import type { SCHEMAS } from '#src/db/models/models.ts';
import { newAgent } from '#src/db/documents/agent.ts';
import { newApiKey } from '#src/db/documents/api-key.ts';
import { newAttempt } from '#src/db/documents/attempt.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { newCustomer } from '#src/db/documents/customer.ts';
import { newDelivery } from '#src/db/documents/delivery.ts';
import { newIdempotencyKey } from '#src/db/documents/idempotency-key.ts';
import { newNotification } from '#src/db/documents/notification.ts';
import { newRecording } from '#src/db/documents/recording.ts';
import { newSystemMetric } from '#src/db/documents/system-metric.ts';
import { newTrackingEvent } from '#src/db/documents/tracking-event.ts';
import { newWebhookEvent } from '#src/db/documents/webhook-event.ts';

export interface Sample {
  model: keyof typeof SCHEMAS;
  given: object;
  doc: Record<string, unknown>;
}

/** A pair of what is given and the document that is made of it: for each builder the least that will do, and for some more. */
export function sampleDocuments(now: Date): Sample[] {
  const id = () => new ObjectId();
  const sample = <Given extends object>(model: Sample['model'], build: (given: Given, now: Date) => object, given: Given): Sample => ({
    model,
    given,
    doc: build(given, now) as Record<string, unknown>,
  });
  const delivery = {
    customer_id: id(),
    address: '123 Main St',
    coordinates: { type: 'Point' as const, coordinates: [-74.006, 40.7128] as [number, number] },
    scheduled_time: now,
  };
  return [
    sample('Agent', newAgent, { name: 'Agent Smith', phone: '+12025550101', email: 'smith@example.com', password: 'a hash' }),
    sample('Agent', newAgent, {
      _id: id(),
      name: 'Agent Brown',
      phone: '+12025550102',
      email: 'brown@example.com',
      password: 'a hash',
      role: 'admin',
      current_location: { type: 'Point', coordinates: [-74.006, 40.7128] },
      performance_metrics: { average_rating: 4.7 },
    }),
    sample('Customer', newCustomer, { name: 'John Doe', phone: '+12025550103' }),
    sample('Customer', newCustomer, {
      _id: id(),
      name: 'Jane Doe',
      phone: '+12025550104',
      preferences: { preferred_days: ['monday'], language: 'es' },
      call_history: [{ _id: id(), call_id: id(), timestamp: now, status: 'completed', duration: 45 }],
      customer_rating: 4.5,
    }),
    sample('Delivery', newDelivery, delivery),
    sample('Delivery', newDelivery, {
      ...delivery,
      _id: id(),
      status: 'assigned',
      priority: 'urgent',
      external_id: 'order-1',
      api_key_id: id(),
      package_details: { weight: 2.5, dimensions: { length: 30 }, fragile: true },
      tracking_events: [{ _id: id(), status: 'scheduled', location: { type: 'Point', coordinates: [1, 2] } }],
      contact: { next_at: now, attempt: 0 },
    }),
    sample('CallLog', newCallLog, {
      delivery_id: id(),
      call_sid: 'CA1',
      status: 'queued',
      from_number: '+12025550100',
      to_number: '+12025550103',
      webhook_events: [{ _id: id(), event: 'ringing', data: { CallStatus: 'ringing' } }],
    }),
    sample('Recording', newRecording, { call_log_id: id(), delivery_id: id(), audio_url: 'https://s3.example.com/a.mp3', duration: 12 }),
    sample('Recording', newRecording, {
      call_log_id: id(),
      delivery_id: id(),
      audio_url: 'https://s3.example.com/b.mp3',
      duration: 12.5,
      transcription: { text: 'At the back door.' },
      ai_analysis: { sentiment: 'neutral', entities: [{ _id: id(), type: 'location', value: 'back door' }] },
    }),
    sample('ApiKey', newApiKey, { key: 'a hash', name: 'shop', prefix: 'da_1234', rate_limit: { requests: 10 } }),
    sample('SystemMetric', newSystemMetric, { metric_type: 'queue_depth', value: 3, tags: { queue: 'call' } }),
    sample('CallAttempt', newAttempt, {
      delivery_id: id(),
      customer_id: id(),
      number: 1,
      to_number: '+12025550103',
      due_at: now,
      trace_id: 'trace',
      recording: { state: 'pending', sid: 'RE1' },
    }),
    sample('WebhookEvent', newWebhookEvent, {
      dedupe_key: 'one',
      kind: 'call-status',
      attempt_id: id(),
      call_sid: 'CA1',
      occurred_at: now,
      received_at: now,
      data: {},
      trace_id: 'trace',
    }),
    sample('IdempotencyKey', newIdempotencyKey, {
      _id: 'key:hash',
      api_key_id: id(),
      body_hash: 'hash',
      delivery_id: id(),
      lease_until: now,
    }),
    sample('Notification', newNotification, {
      key: 'one',
      delivery_id: id(),
      agent_id: id(),
      kind: 'confirmed',
      title: 'Confirmed',
      body: 'They are at home.',
      trace_id: 'trace',
    }),
    sample('TrackingEvent', newTrackingEvent, { delivery_id: id(), status: 'calling', timestamp: now }),
  ];
}
