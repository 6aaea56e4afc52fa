// The closed lists of words that documents, rules and queues share. Their order is their life's where they have one.

export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How an attempt reaches the customer. */
export const CHANNELS = ['call', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];

/** The parcel. */
export const DELIVERY_STATUSES = ['scheduled', 'assigned', 'in_transit', 'completed', 'failed', 'cancelled'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** The phone's side of a delivery. */
export const CONTACT_STATES = [
  'pending',
  'contacting',
  'confirmed',
  'instructed',
  'reschedule_requested',
  'unreachable',
  'opted_out',
  'not_permitted',
  'cancelled',
] as const;
export type ContactState = (typeof CONTACT_STATES)[number];

/** The ledger: `unknown` is a dial of which nobody knows whether it was placed. */
export const ATTEMPT_STATES = [
  'planned',
  'submitting',
  'submitted',
  'in_progress',
  'finished',
  'rejected',
  'unknown',
  'not_placed',
] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

/** A phone may be ringing or in use: at most one such attempt per number. */
export const LIVE_ATTEMPT_STATES = ['submitting', 'unknown', 'submitted', 'in_progress'] as const satisfies readonly AttemptState[];

/** How an attempt ended. */
export const OUTCOMES = [
  'confirmed',
  'instructed',
  'reschedule_requested',
  'opted_out',
  'hung_up',
  'voicemail',
  'busy',
  'no_answer',
  'failed',
  'canceled',
  'undialable',
  'not_placed',
  'not_permitted',
  'delivery_cancelled',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Whether what must follow an outcome (retry, notification) has been enqueued. */
export const FOLLOW_UPS = ['due', 'done'] as const;
export type FollowUp = (typeof FOLLOW_UPS)[number];

/** The recording of an attempt, until it is a document of its own. */
export const RECORDING_STATES = ['expected', 'pending', 'stored', 'absent', 'failed'] as const;
export type RecordingState = (typeof RECORDING_STATES)[number];

/** A CallLog's: Twilio's words, without `initiated`, which is stored as `queued`. */
const FINAL_CALL_STATUSES = ['completed', 'busy', 'no-answer', 'failed', 'canceled'] as const;
export const CALL_STATUSES = ['queued', 'ringing', 'in-progress', ...FINAL_CALL_STATUSES] as const;
/** Whether a call of this status, in Twilio's words, is over. */
export const isCallOver = (status: string): boolean => (FINAL_CALL_STATUSES as readonly string[]).includes(status);
export type CallStatus = (typeof CALL_STATUSES)[number];

/** What an event of the inbox tells. */
export const EVENT_KINDS = ['call-status', 'amd', 'choice', 'recording', 'lookup'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const PROCESSING_STATUSES = ['pending', 'processing', 'completed', 'failed'] as const;
export type ProcessingStatus = (typeof PROCESSING_STATUSES)[number];

export const SENTIMENTS = ['positive', 'neutral', 'negative'] as const;
export type Sentiment = (typeof SENTIMENTS)[number];

/** What the driver is told. */
export const NOTIFICATION_KINDS = ['confirmed', 'instructions', 'reschedule', 'opted_out', 'not_reached', 'cancelled'] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];
