import { expect, it } from 'vitest';

import { sign } from '#scripts/simulator/twilio/signature.ts';

it('signs as Twilio does', () => {
  const params = { CallSid: 'CA1234567890ABCDE', Caller: '+14158675310', Digits: '1234', From: '+14158675310', To: '+18005551212' };
  expect(sign('12345', 'https://example.com/myapp.php?foo=1&bar=2', params)).toBe('L/OH5YylLD5NRKLltdqwSvS0BnU=');
});
