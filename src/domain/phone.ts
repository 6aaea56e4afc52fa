import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min';

/**
 * A phone number in E.164, such as `+12025550100`; null for what cannot be one. With `defaultCountry` national forms are taken too.
 * Judged by its length and country alone: whether a number is assigned only Twilio can tell, numbering plans outrun any table of
 * them, and the numbers that are set aside for examples (+1 555…, +44 7700 900…) must pass. An extension cannot be dialed: null.
 */
export function toE164(input: string, defaultCountry?: CountryCode): string | null {
  // Without `extract` the whole text must be the number, not contain one.
  const phone = parsePhoneNumberFromString(input, { extract: false, ...(defaultCountry ? { defaultCountry } : {}) });
  return phone?.isPossible() && phone.ext === undefined ? phone.number : null;
}
