import { createHash, randomBytes } from 'node:crypto';

/** A new identifier as Twilio makes them: two letters and 32 hexadecimal digits. */
export const newSid = (prefix: 'CA' | 'RE'): string => prefix + randomBytes(16).toString('hex');

/** The identifier of a phone number of ours: always the same. */
export const phoneNumberSid = (number: string): string => `PN${createHash('sha256').update(number).digest('hex').slice(0, 32)}`;
