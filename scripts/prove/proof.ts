/** What differs, by the id of what it is about; no phone number, no name. */
export interface Difference {
  about: 'delivery' | 'attempt' | 'call';
  id: string;
  what: string;
}

/** Deliveries that were submitted on the day. */
export interface DeliveriesProof {
  submitted: number;
  ended: number;
  /** An attempt is planned. */
  due: number;
  /** Of those: their time has passed, and they wait for their turn. */
  overdue: number;
  /** A call is under way, or what it brought is. */
  waiting: number;
  stuck: number;
  /** Named by the day's history, and not there. */
  vanished: number;
}

/** Attempts that were begun on the day: claimed, to be dialed at once. */
export interface AttemptsProof {
  begun: number;
  atTwilio: number;
  rejected: number;
  notPlaced: number;
  /** Nobody knows yet whether there is a call. */
  open: string[];
  /** Twilio does not know the call, or the ledger names none. */
  lost: number;
}

/** Calls from our number that Twilio started on the day. */
export interface CallsProof {
  started: number;
  ofTheDay: number;
  /** Begun on another day: midnight lay between, or Twilio's queue. */
  ofOtherDays: number;
  /** Younger than it takes to write a call down, or of an attempt that is still open. */
  inMotion: number;
  ofNobody: number;
}

export interface Proof {
  day: string;
  readAt: Date;
  deliveries: DeliveriesProof;
  attempts: AttemptsProof;
  calls: CallsProof;
  differences: Difference[];
}

/** The day asked about, and how the script looks at it. */
export interface Day {
  /** `YYYY-MM-DD`, UTC. */
  name: string;
  from: Date;
  /** The next day's first instant. */
  until: Date;
  now: Date;
  /** What is younger than this, in the clock's milliseconds, may still be being written. */
  graceMs: number;
}
