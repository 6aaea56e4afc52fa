import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyTwilioSignature, type SignedRequest } from '#src/providers/twilio-signature.ts';

/** Twilio's documented example. */
const example: SignedRequest = {
  authToken: '12345',
  publicUrl: 'https://example.com',
  rawTarget: '/myapp.php?foo=1&bar=2',
  contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
  rawBody: Buffer.from('CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212'),
  signature: 'L/OH5YylLD5NRKLltdqwSvS0BnU=',
};
const verify = (over: Partial<SignedRequest>) => verifyTwilioSignature({ ...example, ...over });
const sign = (text: string) => createHmac('sha1', '12345').update(text).digest('base64');

it('accepts what Twilio signed', () => {
  expect(verify({})).toBe(true);
});

it('accepts parameters in any order, and repeated ones once', () => {
  const rawBody = Buffer.from('b=2&a=1&b=3&b=2');
  expect(verify({ rawBody, signature: sign('https://example.com/myapp.php?foo=1&bar=2a1b2b3') })).toBe(true);
});

it('accepts a JSON body by its hash in the query', () => {
  const rawBody = Buffer.from('{"a":1}');
  const hash = '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862';
  const rawTarget = `/json?bodySHA256=${hash}`;
  const over = { rawBody, rawTarget, contentType: 'application/json', signature: sign(`https://example.com${rawTarget}`) };
  expect(verify(over)).toBe(true);
  expect(verify({ ...over, rawBody: Buffer.from('{"a":2}') })).toBe(false);
});

describe('refuses, without throwing,', () => {
  it.each<[string, Partial<SignedRequest>]>([
    ['no signature', { signature: undefined }],
    ['an empty one', { signature: '' }],
    ['a wrong one', { signature: 'L/OH5YylLD5NRKLltdqwSvS0BnV=' }],
    ['one of another length', { signature: 'x' }],
    ['another token', { authToken: '12346' }],
    ['another host', { publicUrl: 'https://example.org' }],
    ['http for https', { publicUrl: 'http://example.com' }],
    ['another query', { rawTarget: '/myapp.php?foo=1&bar=3' }],
    ['another body', { rawBody: Buffer.from(example.rawBody.toString().replace('1234&From', '1235&From')) }],
    ['no body', { rawBody: Buffer.alloc(0) }],
    ['a target that is an address', { rawTarget: 'https://example.com/myapp.php' }],
    ['a public address that is none', { publicUrl: 'nonsense' }],
    ['a body that is not UTF-8', { rawBody: Buffer.from([0x61, 0x3d, 0xff, 0xfe]) }],
    ['another type of body', { contentType: 'application/json' }],
    ['no type of body', { contentType: undefined }],
    ['names of Object', { rawBody: Buffer.from('__proto__=1&constructor=2&toString=3') }],
  ])('%s', (_, over) => {
    expect(verify(over)).toBe(false);
  });
});

it('cannot tell shifted parameters, which is why their schema is strict', () => {
  const honest = Buffer.from('CallSid=CA1&CallStatus=completed');
  const shifted = Buffer.from('CallSid=CA1CallStatuscompleted');
  const signature = sign('https://example.com/myapp.php?foo=1&bar=2CallSidCA1CallStatuscompleted');
  expect(verify({ rawBody: honest, signature })).toBe(true);
  expect(verify({ rawBody: shifted, signature })).toBe(true);
});
