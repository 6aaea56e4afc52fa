import { describe, expect, it } from 'vitest';
import { ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { failure, json, patience, stubServer } from './stub-server.ts';
import { ACCOUNT, callBody, errorBody, FROM, telephonyAt } from './twilio-stub.ts';

const startedFrom = new Date('2026-11-24T00:00:00Z');
const startedBefore = new Date('2026-11-25T00:00:00Z');
const started = (sid: string, time: string) => callBody({ sid, status: 'completed', start_time: time });
const BASE = `/2010-04-01/Accounts/${ACCOUNT}/Calls.json`;

describe('the calls from our number', () => {
  it('are listed page by page, by the instant at which they started', async () => {
    const next_page_uri = `${BASE}?PageSize=500&Page=1&PageToken=PACA2`;
    const twilio = await stubServer(
      json(200, {
        calls: [started('CA1', 'Tue, 24 Nov 2026 23:59:59 +0000'), started('CA2', 'Tue, 24 Nov 2026 00:00:00 +0000')],
        next_page_uri,
      }),
      json(200, { calls: [], next_page_uri: null }),
    );
    const telephony = telephonyAt(twilio.url);
    const first = await telephony.listCalls({ startedFrom, startedBefore }, patience());
    expect(first.calls.map(({ callSid }) => callSid)).toEqual(['CA1', 'CA2']);
    const query = new URL(twilio.received[0]?.target ?? '', twilio.url).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      From: FROM,
      'StartTime>': '2026-11-24T00:00:00Z',
      'StartTime<': '2026-11-25T00:00:00Z',
      PageSize: '500',
    });
    const second = await telephony.listCalls({ startedFrom, startedBefore, page: first.next ?? '' }, patience());
    expect(twilio.received[1]?.target).toBe(next_page_uri);
    expect(second).toEqual({ calls: [], next: null });
  });

  it('are those of the span alone, though Twilio may take its bounds for days', async () => {
    const others = ['Mon, 23 Nov 2026 23:59:59 +0000', 'Wed, 25 Nov 2026 00:00:00 +0000', null];
    const twilio = await stubServer(json(200, { calls: others.map((time) => callBody({ start_time: time })) }));
    expect(await telephonyAt(twilio.url).listCalls({ startedFrom, startedBefore }, patience())).toEqual({ calls: [], next: null });
  });

  it.each([
    [404, 20404, ProviderMisconfigured],
    [401, 20003, ProviderMisconfigured],
    [429, 20429, RateLimited],
    [503, 20503, ProviderDown],
  ])('%i is no empty list', async (status, code, kind) => {
    const twilio = await stubServer(json(status, errorBody(status, code)));
    expect(await failure(telephonyAt(twilio.url).listCalls({ startedFrom, startedBefore }, patience()))).toBeInstanceOf(kind);
  });
});
