import { webhookEventSchema, type WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewWebhookEvent = Given<WebhookEventDoc, '_id' | 'state'>;

const build = documentBuilder<WebhookEventDoc, NewWebhookEvent>(webhookEventSchema);

/** Received, not applied yet. */
export const newWebhookEvent = (given: NewWebhookEvent): WebhookEventDoc => build(given, given.received_at);
