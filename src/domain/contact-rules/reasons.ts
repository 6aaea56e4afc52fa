/** Why a customer will not be called about a delivery, now or later. */
export type NeverReason =
  | 'delivery_cancelled'
  | 'delivery_completed'
  | 'delivery_failed'
  | 'opted_out'
  /** What the call was for is known, or was given up. */
  | 'contact_settled'
  /** The customer wants messages, and those are not sent. */
  | 'channel_not_enabled'
  | 'delivery_time_passed'
  | 'retries_exhausted'
  /** Call after call was proved not placed: no phone ever rang, and going on would not change it. */
  | 'calls_not_placed'
  /** Every hour that is left before the delivery is a quiet one. */
  | 'no_slot_before_delivery';

/** Why a customer is called later and not now. */
export type LaterReason = 'quiet_hours' | 'preferred_days' | 'preferred_times';
