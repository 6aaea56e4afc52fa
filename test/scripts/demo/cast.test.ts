import { DateTime } from 'luxon';
import { expect, it } from 'vitest';
import { makeOrders } from '#scripts/demo/cast/make-orders.ts';
import { placesBetween } from '#scripts/demo/cast/places.ts';
import { castOf } from '#scripts/demo/cast/roles.ts';

const HOURS = Array.from({ length: 48 }, (_, half) => new Date(Date.UTC(2027, 2, 28, 0, half * 30)));

interface Body {
  external_id: string;
  customer: { phone: string; preferences: { timezone: string; contact_method: string } };
}

it.each(HOURS)('finds late mornings and nights somewhere at %s', (now) => {
  expect(placesBetween(9, 13, now).length).toBeGreaterThan(0);
  expect(placesBetween(22, 4, now).length).toBeGreaterThan(0);
});

it('plays every ending at least twice in forty', () => {
  const roles = castOf(40);
  const first = (scenario: string) =>
    roles.filter(({ steps }) => (typeof steps === 'string' ? steps : 'silent').split(',').includes(scenario));
  expect(roles).toHaveLength(40);
  for (const scenario of [
    'confirm',
    'instructions',
    'another-time',
    'never-again',
    'hang-up',
    'voicemail',
    'busy',
    'no-answer',
    'wrong-number',
  ]) {
    expect(first(scenario).length, scenario).toBeGreaterThanOrEqual(2);
  }
  const spanish = roles.filter(({ steps, language }) => steps === 'instructions' && language === 'es');
  expect(spanish.length).toBeGreaterThanOrEqual(2);
  expect(
    roles.filter(({ steps }) => /,(confirm|instructions)$/.test(typeof steps === 'string' ? steps : '')).length,
  ).toBeGreaterThanOrEqual(2);
  expect(roles.filter(({ maxRetries }) => maxRetries === 1).length).toBeGreaterThanOrEqual(2);
  expect(roles.filter(({ cancel }) => cancel !== undefined).length).toBeGreaterThanOrEqual(2);
  expect(roles.filter(({ wish, local }) => wish === 'evening' || local === 'night').length).toBeGreaterThanOrEqual(4);
});

it('gives each delivery a number of its own', () => {
  const bodies = makeOrders(500, new Date()).map(({ body }) => body as Body);
  expect(new Set(bodies.map(({ external_id }) => external_id)).size).toBe(500);
  expect(new Set(bodies.map(({ customer }) => customer.phone)).size).toBe(500);
});

it('lets most customers be phoned at once, whatever the hour', () => {
  for (const now of HOURS) {
    const hours = makeOrders(40, now).map(
      ({ body }) => DateTime.fromJSDate(now, { zone: (body as Body).customer.preferences.timezone }).hour,
    );
    expect(hours.filter((hour) => hour >= 9 && hour < 13).length).toBeGreaterThanOrEqual(35);
  }
});
