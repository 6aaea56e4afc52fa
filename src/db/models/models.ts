import type { Connection } from 'mongoose';
import { agentSchema } from './agents.ts';
import { apiKeySchema } from './apikeys.ts';
import { auditLogSchema } from './auditlogs.ts';
import { callAttemptSchema } from './callattempts.ts';
import { callLogSchema } from './calllogs.ts';
import { controlSchema } from './controls.ts';
import { customerSchema } from './customers.ts';
import { deliverySchema } from './deliveries.ts';
import { idempotencyKeySchema } from './idempotencykeys.ts';
import { notificationSchema } from './notifications.ts';
import { optOutSchema } from './optouts.ts';
import { recordingSchema } from './recordings.ts';
import { systemMetricSchema } from './systemmetrics.ts';
import { trackingEventSchema } from './trackingevents.ts';
import { webhookEventSchema } from './webhookevents.ts';

/** Every schema, by its model's name. */
export const SCHEMAS = {
  // The seed's, by the names that its references use.
  Agent: agentSchema,
  Customer: customerSchema,
  Delivery: deliverySchema,
  CallLog: callLogSchema,
  Recording: recordingSchema,
  ApiKey: apiKeySchema,
  SystemMetric: systemMetricSchema,
  // Ours.
  CallAttempt: callAttemptSchema,
  WebhookEvent: webhookEventSchema,
  IdempotencyKey: idempotencyKeySchema,
  Notification: notificationSchema,
  TrackingEvent: trackingEventSchema,
  OptOut: optOutSchema,
  Control: controlSchema,
  AuditLog: auditLogSchema,
};

/**
 * Every model on this connection, by its name: the seed's way in, for whoever reads or repairs whole documents; hot paths use the driver.
 * Mongoose's own default connection is left alone.
 *
 * @public
 */
export function defineModels(connection: Connection) {
  return {
    Agent: connection.model('Agent', SCHEMAS.Agent),
    Customer: connection.model('Customer', SCHEMAS.Customer),
    Delivery: connection.model('Delivery', SCHEMAS.Delivery),
    CallLog: connection.model('CallLog', SCHEMAS.CallLog),
    Recording: connection.model('Recording', SCHEMAS.Recording),
    ApiKey: connection.model('ApiKey', SCHEMAS.ApiKey),
    SystemMetric: connection.model('SystemMetric', SCHEMAS.SystemMetric),
    CallAttempt: connection.model('CallAttempt', SCHEMAS.CallAttempt),
    WebhookEvent: connection.model('WebhookEvent', SCHEMAS.WebhookEvent),
    IdempotencyKey: connection.model('IdempotencyKey', SCHEMAS.IdempotencyKey),
    Notification: connection.model('Notification', SCHEMAS.Notification),
    TrackingEvent: connection.model('TrackingEvent', SCHEMAS.TrackingEvent),
    OptOut: connection.model('OptOut', SCHEMAS.OptOut),
    Control: connection.model('Control', SCHEMAS.Control),
    AuditLog: connection.model('AuditLog', SCHEMAS.AuditLog),
  };
}
