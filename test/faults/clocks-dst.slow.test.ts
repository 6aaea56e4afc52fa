import { describe, expect, it } from 'vitest';
import { clockChanges } from '#test/domain/contact-rules/wall-clock.ts';
import { figure } from '#test/support/figures.ts';
import { startWorld } from '#test/support/stack.ts';
import { faultsInTheBooks } from '#test/stories/account.ts';
import { anOrder } from '#test/stories/submit.ts';
import { judge, submitAround } from './clocks-dst.ts';
import { untilAllHasEnded } from './endings.ts';

// Installations whose scaled clock runs through a night in which the clocks of many zones change. No zone changes them at an hour of the
// day in which anybody is called; windows of such hours are in test/domain/contact-rules.

/** An hour is four seconds. */
const SCALE = 900;
const HOUR = 3_600_000;
const FLIGHT_MS = SCALE * 1000;

/** Kathmandu and Tokyo, Phoenix and Reykjavik change nothing: there it is day at the start, or night as elsewhere. */
const AMERICA = ['America/New_York', 'America/St_Johns', 'America/Chicago', 'America/Havana', 'America/Phoenix', 'Asia/Kathmandu'];
const EUROPE = ['Europe/Berlin', 'Europe/London', 'Atlantic/Azores', 'Europe/Athens', 'Atlantic/Reykjavik', 'Asia/Tokyo'];

describe('row 25: the clocks change', () => {
  it.each([
    { change: '2027-03-14T07:00:00Z', zones: AMERICA, what: 'New York’s 02:00 becomes 03:00' },
    { change: '2027-11-07T06:00:00Z', zones: AMERICA, what: 'New York’s 02:00 becomes 01:00' },
    { change: '2027-03-28T01:00:00Z', zones: EUROPE, what: 'Berlin’s 02:00 becomes 03:00' },
    { change: '2027-10-31T01:00:00Z', zones: EUROPE, what: 'Berlin’s 03:00 becomes 02:00' },
  ])(
    '$what: everybody is called once it is their hour, nobody outside it',
    async ({ change: instant, zones, what }) => {
      const change = Date.parse(instant);
      expect(clockChanges(zones[0] ?? '', change - HOUR, change + HOUR)).toEqual([change]);
      // It takes hours of this clock until all processes have started.
      const world = await startWorld({ scale: SCALE, begins: new Date(change - 10 * HOUR) });
      // The evening before: quiet hours have begun, or soon will.
      await expect.poll(() => world.now().getTime(), { timeout: 60_000 }).toBeGreaterThan(change - 4.6 * HOUR);
      const awaited = await submitAround(world, change, zones, zones === AMERICA);
      expect(world.now().getTime(), 'too slow: the clocks have changed meanwhile').toBeLessThan(change);

      for (const timezone of ['Mars/Olympus', 'New York', '+05:00', '', 5]) {
        const { body } = anOrder(world, { person: 'confirm', preferences: { timezone } });
        const answer = await world.request('POST', '/v1/deliveries', { body });
        expect(answer, String(timezone)).toMatchObject({ status: 400, text: expect.stringContaining('customer.preferences.timezone') });
      }

      const { undone } = await untilAllHasEnded(world, 180_000);
      expect(undone).toEqual([]);
      const { outside, amiss, latest } = judge(world, awaited, FLIGHT_MS);
      figure(25, `${what}: calls outside the window, of ${awaited.length} deliveries in ${zones.length} zones`, outside.length);
      figure(25, `${what}: never called, or before their window`, amiss.length);
      figure(25, `${what}: the latest first call after its window opened`, ((latest * 60) / SCALE).toFixed(1), 's of real time');
      expect(outside).toEqual([]);
      expect(amiss).toEqual([]);
      expect(await faultsInTheBooks(world)).toEqual([]);
    },
    300_000,
  );
});
