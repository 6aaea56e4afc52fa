import type { Steps } from '#scripts/simulator/people.ts';
import type { Role } from './roles.ts';

/** What is submitted, and what the demo knows of it beside. */
export interface Order {
  /** The upstream's order number, or where in the file it stands. */
  label: string;
  /** Body of POST /v1/deliveries, without the driver. A file's row may be anything. */
  body: unknown;
  /** What the person at the number does; by weights where it is not given. */
  steps?: Steps;
  cancel?: NonNullable<Role['cancel']>;
}
