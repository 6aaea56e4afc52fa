import type { ObjectId } from 'mongodb';

/** What was asked of the system, as the submitter remembers it. */
export interface Submitted {
  /** The upstream's order number. */
  externalId: string;
  /** The id that was answered. */
  deliveryId: string;
  /** E.164. */
  phone: string;
  /** The driver's id. */
  agentId: string;
  /** The shipper's own instructions, as they were sent. */
  shipperInstructions: string | null;
  /** A cancel of it was answered with 200. */
  cancelled: boolean;
}

export interface CustomerRow {
  _id: ObjectId;
  name: string;
  /** `timezone`: an IANA name. */
  preferences: { timezone: string };
}

export interface DeliveryRow {
  _id: ObjectId;
  external_id?: string;
  customer_id: ObjectId;
  agent_id?: ObjectId;
  status: string;
  package_details: { special_instructions?: string };
  contact: { state: string; reason?: string; next_at?: Date; instructions?: string };
  retry_count: number;
  max_retries: number;
}

export interface AttemptRow {
  _id: ObjectId;
  delivery_id: ObjectId;
  number: number;
  to_number: string;
  state: string;
  due_at: Date;
  call_sid?: string;
  outcome?: string;
  follow_up?: string;
  recording?: { state: string };
}

export interface CallLogRow {
  call_sid: string;
  status: string;
  delivery_id: ObjectId;
}

export interface RecordingRow {
  delivery_id: ObjectId;
  recording_sid?: string;
  storage_key?: string;
  file_size?: number;
  sha256?: string;
  processing_status: string;
  error_message?: string;
  transcription?: { text?: string };
}

export interface NotificationRow {
  _id: ObjectId;
  delivery_id: ObjectId;
  agent_id: ObjectId;
  kind: string;
  state: string;
  title: string;
  body: string;
}

export interface EventRow {
  kind: string;
  attempt_id: ObjectId;
  state: string;
}

/** A call as the simulator saw it; times are ISO 8601 by the scaled clock. */
export interface CallSeen {
  callSid: string;
  to: string;
  status: string;
  /** The TwiML address that was given: it ends in the attempt's id. */
  url: string;
  createdAt: string;
  endedAt: string | null;
  answeredBy: string | null;
  pressed: readonly string[];
  recordings: readonly { recordingSid: string; status: string; seconds: number; text: string }[];
}

/** A push message as the simulator decrypted it. */
export interface PushSeen {
  /** The subscription's owner: a driver's id. */
  label: string | null;
  status: number;
  title: string;
  body: string;
  deliveryId: string;
  kind: string;
}

/** What OpenAI's stand-in heard and made of it. */
export interface HeardText {
  text: string;
  sha256: string;
}

export interface AnalysedText {
  transcript: string;
  instructions: string | null;
}

/** A job that BullMQ holds and that has not completed. */
export interface HeldJob {
  queue: string;
  id: string;
  state: 'waiting' | 'active' | 'delayed' | 'failed' | 'other';
  /** By the scaled clock; of a delayed job. */
  runsAt: Date | null;
  data: Readonly<Record<string, unknown>>;
}

/** Both sides' account of one run, taken at about the same moment. */
export interface Evidence {
  submitted: readonly Submitted[];
  customers: readonly CustomerRow[];
  deliveries: readonly DeliveryRow[];
  attempts: readonly AttemptRow[];
  callLogs: readonly CallLogRow[];
  recordings: readonly RecordingRow[];
  notifications: readonly NotificationRow[];
  events: readonly EventRow[];
  /** Phone numbers. */
  optOuts: readonly string[];
  calls: readonly CallSeen[];
  pushes: readonly PushSeen[];
  heard: readonly HeardText[];
  analysed: readonly AnalysedText[];
  /** Sizes in bytes by key. */
  objects: ReadonlyMap<string, number>;
  jobs: readonly HeldJob[];
  /** How far off its time a job or a dial may be, by the scaled clock: some real seconds' worth. */
  toleranceMs: number;
}

export interface Violation {
  /** The upstream's order number, or another name for what is wrong. */
  delivery: string;
  what: string;
}

export type Rule = (evidence: Evidence) => Violation[];
