import { describe, expect, it } from 'vitest';

import { parseCallbackUrl } from '#scripts/simulator/twilio/callback-url.ts';

describe('a callback URL', () => {
  it('loses its fragment, which says how often to try', () => {
    const target = parseCallbackUrl('https://example.com/a?b=c#rc=3&rp=5xx,ct&rt=2000');
    expect(target).toMatchObject({ url: 'https://example.com/a?b=c', retries: 3, readMs: 2000, connectMs: 5000 });
    expect([...target.policies]).toEqual(['5xx', 'ct']);
  });

  it('is tried again once, and only where no connection was made, by default', () => {
    const { retries, policies } = parseCallbackUrl('https://example.com/');
    expect(retries).toBe(1);
    expect([...policies]).toEqual(['ct']);
  });

  it('keeps the defaults where an override is out of bounds', () => {
    expect(parseCallbackUrl('https://example.com/#rc=99&rt=1')).toMatchObject({ retries: 1, readMs: 15_000 });
  });

  it('sends user info as a header, never as part of what is signed', () => {
    expect(parseCallbackUrl('https://ann:se%40cret@example.com/x')).toMatchObject({
      url: 'https://example.com/x',
      authorization: `Basic ${Buffer.from('ann:se@cret').toString('base64')}`,
    });
  });

  it('must be absolute', () => {
    expect(() => parseCallbackUrl('/voice')).toThrow(TypeError);
  });
});
