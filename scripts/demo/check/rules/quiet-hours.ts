import type { CustomerRow, Rule } from '../evidence.ts';
import { stories } from '../look-up.ts';

const FROM_HOUR = 8;
const UNTIL_HOUR = 21;

/** Nobody's phone rang outside 08:00 to 21:00 by their own clock. */
export const nobodyInQuietHours: Rule = (evidence) =>
  stories(evidence).flatMap(({ submitted: { externalId }, customer, calls }) =>
    calls
      .map(({ startedAt, createdAt }) => hourIn(zoneOf(customer), new Date(startedAt ?? createdAt)))
      .filter((hour) => hour < FROM_HOUR || hour >= UNTIL_HOUR)
      .map((hour) => ({ delivery: externalId, what: `the customer was called at ${hour} o'clock, ${zoneOf(customer)}` })),
  );

const zoneOf = (customer: CustomerRow | undefined): string => customer?.preferences.timezone ?? 'UTC';

const hourIn = (timeZone: string, at: Date): number =>
  Number(new Intl.DateTimeFormat('en-GB', { timeZone, hour: 'numeric', hourCycle: 'h23' }).format(at));
