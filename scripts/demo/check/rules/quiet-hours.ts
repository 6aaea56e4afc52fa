import type { CustomerRow, Rule } from '../evidence.ts';
import { stories } from '../look-up.ts';

const FROM = '08:00';
const UNTIL = '21:00';

/**
 * Nobody's phone was dialed outside 08:00 to 21:00 by their own clock. A call that was on its way when the hour struck is forgiven: the
 * rules are asked just before the dial, and what is a moment on this machine is minutes by a scaled clock.
 */
export const nobodyInQuietHours: Rule = (evidence) =>
  stories(evidence).flatMap(({ submitted: { externalId }, customer, calls }) =>
    calls
      .map(({ createdAt }) => Date.parse(createdAt))
      .filter((at) => isQuiet(at, customer) && isQuiet(at - evidence.toleranceMs, customer))
      .map((at) => ({ delivery: externalId, what: `the customer was called at ${timeIn(zoneOf(customer), at)}, ${zoneOf(customer)}` })),
  );

const isQuiet = (at: number, customer: CustomerRow | undefined): boolean => {
  const time = timeIn(zoneOf(customer), at);
  return time < FROM || time >= UNTIL;
};

const zoneOf = (customer: CustomerRow | undefined): string => customer?.preferences.timezone ?? 'UTC';

const timeIn = (timeZone: string, at: number): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
