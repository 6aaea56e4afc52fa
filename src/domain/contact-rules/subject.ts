import type { ContactState, DeliveryStatus } from '../vocabulary.ts';

/** All that decides whether and when a customer may be called about a delivery. The documents of customer and delivery fit as they are. */
export interface ContactSubject {
  customer: { preferences: ContactPreferences };
  delivery: {
    status: DeliveryStatus;
    scheduled_time: Date;
    contact: { state: ContactState };
    /** Attempts after the first, without those that were proved not placed. */
    max_retries: number;
  };
  /** Of the attempt in question: 1 is the first. */
  attemptNumber: number;
  /** Of the attempts before it, how many were proved not placed. */
  notPlaced: number;
  /** The number is on the list of those who are never called. */
  optedOut: boolean;
}

export interface ContactPreferences {
  /** Such as `09:00-12:00`, in the customer's time zone; none: any time. */
  preferred_times?: readonly string[];
  /** English names; none: any day. */
  preferred_days?: readonly string[];
  /** Default: call. */
  contact_method?: 'call' | 'sms' | 'both';
  /** IANA name. Default: America/New_York. */
  timezone?: string;
}
