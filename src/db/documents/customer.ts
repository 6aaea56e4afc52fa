import { customerSchema, type CustomerDoc } from '#src/db/models/customers.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewCustomer = Given<
  CustomerDoc,
  '_id' | 'createdAt' | 'updatedAt' | 'preferences' | 'call_history' | 'total_deliveries' | 'successful_deliveries'
>;

/** The phone number must be E.164 already. */
export const newCustomer = documentBuilder<CustomerDoc, NewCustomer>(customerSchema);
