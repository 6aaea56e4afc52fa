const HOUR_MS = 60 * 60 * 1000;

/** Where it is about noon now: whatever time the benchmark runs at, the customers may be called at once. */
const timezone = zoneWithNoonAt(new Date().getUTCHours());
const scheduledTime = new Date(Date.now() + 6 * HOUR_MS).toISOString();

/** The body of request number `n`: its own customer and its own order number, the rest as a shop would send it. */
export function bodyOf(n: number): string {
  return JSON.stringify({
    external_id: `ORD-${n}`,
    customer: {
      name: 'Yusuf Lindqvist',
      phone: `+1212${2_000_000 + n}`,
      email: `customer${n}@example.com`,
      address: '920 Calle 5 de Mayo, New York, NY',
      preferences: {
        preferred_times: ['09:00-12:00', '11:00-17:00'],
        preferred_days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'],
        contact_method: 'call',
        language: 'en',
        timezone,
      },
    },
    address: '920 Calle 5 de Mayo, New York, NY',
    coordinates: { type: 'Point', coordinates: [-74.056259, 40.737517] },
    scheduled_time: scheduledTime,
    estimated_duration: 15,
    priority: 'normal',
    package_details: {
      weight: 7.8,
      dimensions: { length: 24, width: 53, height: 56 },
      value: 52.52,
      fragile: false,
      signature_required: false,
      special_instructions: 'Handle with care',
    },
  });
}

function zoneWithNoonAt(utcHour: number): string {
  const ahead = 12 - utcHour;
  // POSIX counts the other way round: Etc/GMT-3 is three hours ahead.
  return ahead === 0 ? 'Etc/GMT' : `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
}
