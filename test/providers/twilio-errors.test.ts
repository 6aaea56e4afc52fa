import { expect, it } from 'vitest';
import { isWorthAnotherDay, twilioError } from '#src/providers/twilio-errors.ts';

it.each([
  // Not processed: welcome later.
  [20429, 'retry'],
  [22005, 'retry'],
  [30003, 'retry'],
  // The number.
  [21211, 'permanent-number'],
  [21217, 'permanent-number'],
  [21214, 'permanent-number'],
  [13224, 'permanent-number'],
  [30006, 'permanent-number'],
  [21635, 'permanent-number'],
  [21614, 'permanent-number'],
  // The policy.
  [21215, 'permanent-policy'],
  [13227, 'permanent-policy'],
  [32205, 'permanent-policy'],
  [21216, 'permanent-policy'],
  [21610, 'opted-out'],
  // Our settings.
  [20003, 'configuration'],
  [21210, 'configuration'],
  [21201, 'configuration'],
  // Nobody knows.
  [30007, 'unlisted'],
  [30008, 'unlisted'],
  [29999, 'unlisted'],
])('row 19: code %i is %s', (code, action) => {
  expect(twilioError(400, code)).toMatchObject({ action });
});

it.each([
  [429, undefined, 'retry'],
  [401, undefined, 'configuration'],
  [403, 20103, 'configuration'],
  [404, 20404, 'configuration'],
  [400, undefined, 'unlisted'],
  [403, 29999, 'unlisted'],
])('row 19: status %i with code %s is %s', (status, code, action) => {
  expect(twilioError(status, code)).toMatchObject({ action });
});

it('row 19: only what may be the carrier’s fault is worth another day', () => {
  expect(['13224', '21211', undefined, '', 'x'].map(isWorthAnotherDay)).toEqual([true, false, false, false, false]);
});
