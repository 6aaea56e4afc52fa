import { deliverySchema, type DeliveryDoc } from '#src/db/models/deliveries.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewDelivery = Given<
  DeliveryDoc,
  | '_id'
  | 'createdAt'
  | 'updatedAt'
  | 'estimated_duration'
  | 'status'
  | 'priority'
  | 'package_details'
  | 'tracking_events'
  | 'retry_count'
  | 'max_retries'
  | 'contact'
>;

/** Scheduled, of normal priority, its contact pending: where nothing else is given. */
export const newDelivery = documentBuilder<DeliveryDoc, NewDelivery>(deliverySchema);
