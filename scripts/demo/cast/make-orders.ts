import { DateTime } from 'luxon';
import { nameOf, phoneOf, streetOf } from './names.ts';
import type { Order } from './order.ts';
import { placesBetween, type Place } from './places.ts';
import { castOf, type Role } from './roles.ts';

const HOUR = 3_600_000;
/** Late enough for everything, early enough that a preferred evening is before it. */
const DELIVERED_AFTER = { soon: 30 * HOUR, days: 5 * 24 * HOUR };

/**
 * `count` deliveries around `now`: most customers may be called at once, whatever the hour is on this machine, since they live where it is
 * late morning; and whoever may not be, not before the demo is over.
 */
export function makeOrders(count: number, now: Date): Order[] {
  const mornings = placesBetween(9, 13, now);
  const nights = placesBetween(22, 4, now);
  return castOf(count).map((role, index) => {
    const places = role.local === 'night' ? nights : mornings;
    return makeOrder(role, index, places[index % places.length] as Place, now);
  });
}

function makeOrder(role: Role, index: number, { zone, city, at }: Place, now: Date): Order {
  const label = `DEMO-${String(index + 1).padStart(3, '0')}`;
  const address = `${streetOf(index)}, ${city}`;
  return {
    label,
    steps: role.steps,
    ...(role.cancel ? { cancel: role.cancel } : {}),
    body: {
      external_id: label,
      customer: {
        name: nameOf(index),
        phone: phoneOf(index),
        email: `customer${index + 1}@example.com`,
        address,
        preferences: {
          language: role.language ?? 'en',
          timezone: zone,
          contact_method: role.wish === 'messages-only' ? 'sms' : 'call',
          ...(role.wish === 'evening' ? { preferred_times: ['18:00-20:30'] } : {}),
          ...(role.wish === 'another-day' ? { preferred_days: [dayAfterTomorrow(zone, now)] } : {}),
        },
      },
      address,
      coordinates: { type: 'Point', coordinates: at },
      scheduled_time: new Date(now.getTime() + (role.wish === 'another-day' ? DELIVERED_AFTER.days : DELIVERED_AFTER.soon)).toISOString(),
      priority: (['normal', 'normal', 'high', 'low', 'urgent'] as const)[index % 5],
      package_details: {
        weight: 1 + (index % 9),
        fragile: index % 4 === 0,
        ...(index % 3 === 0 ? { special_instructions: 'Handle with care' } : {}),
      },
      ...(role.maxRetries === undefined ? {} : { max_retries: role.maxRetries }),
    },
  };
}

const dayAfterTomorrow = (zone: string, now: Date): string =>
  DateTime.fromJSDate(now, { zone }).plus({ days: 2 }).setLocale('en').toFormat('cccc').toLowerCase();
