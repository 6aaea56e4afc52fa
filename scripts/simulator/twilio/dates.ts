import { DateTime } from 'luxon';

/** `Tue, 31 Aug 2010 20:36:28 +0000`, as in Twilio's resources and callbacks. */
export const rfc2822 = (ms: number): string => DateTime.fromMillis(ms, { zone: 'utc' }).toRFC2822() ?? '';

export const rfc2822OrNull = (ms: number | null): string | null => (ms === null ? null : rfc2822(ms));
