import type { AttemptState, CallStatus, EventKind, Outcome } from '../vocabulary.ts';

/** The keys of the menu. */
export type Choice = '1' | '2' | '3' | '9';

/** How a call stands by all events that are known of it. */
export interface CallProjection {
  /** Empty where there are no events. */
  callSid: string;
  status: CallStatus;
  startTime?: Date;
  endTime?: Date;
  durationSeconds?: number;
  answeredBy?: string;
  /** Known as soon as the key is pressed. */
  choice?: Choice;
  recording?: ProjectedRecording;
  attemptState: Extract<AttemptState, 'submitted' | 'in_progress' | 'finished'>;
  /** Only once the call is over and it is decided. */
  outcome?: Outcome;
  /** The call is over, and the outcome will be decided then at the latest: look again. */
  settleAt?: Date;
  /** The outcome goes by who answered, which the detection has not told: this is taken for its word from now on (detection-event.ts). */
  presumed?: string;
  errorCode?: string;
  errorMessage?: string;
  /** The last 50, in one order whatever order they came in. */
  webhookEvents: ProjectedEvent[];
  /** Of different events, all of them. */
  eventCount: number;
}

export interface ProjectedRecording {
  sid?: string;
  /** `expected`: the customer chose to leave one and the call is over, but it has not been announced; `pending`: it waits to be copied. */
  state: 'expected' | 'pending' | 'absent';
  durationSeconds?: number;
}

export interface ProjectedEvent {
  event: EventKind;
  timestamp: Date;
  data: object;
}
