import { IANAZone } from 'luxon';
import { preferredDays, preferredTimes } from './preferences.ts';
import type { LocalWindows } from './slot-search.ts';
import type { ContactPreferences } from './subject.ts';
import { wakingWindows } from './weekly-windows.ts';

/** The schema's default. */
const DEFAULT_ZONE = 'America/New_York';
/** The last of the fifty states to wake up. */
const FARTHEST_ZONE = 'Pacific/Honolulu';

export interface ContactHours {
  /** Outside quiet hours. */
  waking: LocalWindows[];
  /** Of these, the ones on preferred days, at any time. */
  onPreferredDays: LocalWindows[];
  /** Of these, the ones at preferred times. */
  preferred: LocalWindows[];
}

/**
 * When a customer may be called. The API refuses an unknown time zone; of a customer who has one all the same nobody knows what their
 * clock says. They are called only where quiet hours are over from the schema's default zone to Hawaii, and their wishes, which speak
 * of that clock, say nothing.
 */
export function contactHours({ timezone = DEFAULT_ZONE, preferred_days, preferred_times }: ContactPreferences): ContactHours {
  const zone = IANAZone.create(timezone);
  if (!zone.isValid) {
    const everywhere = [DEFAULT_ZONE, FARTHEST_ZONE].map((name) => ({ zone: IANAZone.create(name), windows: wakingWindows(null, null) }));
    return { waking: everywhere, onPreferredDays: everywhere, preferred: everywhere };
  }
  const days = preferredDays(preferred_days);
  return {
    waking: [{ zone, windows: wakingWindows(null, null) }],
    onPreferredDays: [{ zone, windows: wakingWindows(null, days) }],
    preferred: [{ zone, windows: wakingWindows(preferredTimes(preferred_times), days) }],
  };
}
