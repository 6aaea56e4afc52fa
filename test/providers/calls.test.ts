import { describe, expect, it } from 'vitest';
import { PermanentlyRefused, ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { failure, hang, json, patience, reset, stubServer, words } from './stub-server.ts';
import { ACCOUNT, CALL, callBody, CUSTOMER, errorBody, FROM, RECORDING, telephonyAt } from './twilio-stub.ts';

const PATH = `/2010-04-01/Accounts/${ACCOUNT}`;

describe('a call is looked up', () => {
  it('by its SID', async () => {
    const body = callBody({
      status: 'completed',
      start_time: 'Tue, 24 Nov 2026 10:00:05 +0000',
      end_time: 'Tue, 24 Nov 2026 10:00:35 +0000',
      duration: '30',
      answered_by: 'human',
    });
    const twilio = await stubServer(json(200, body));
    expect(await telephonyAt(twilio.url).findCall(CALL, patience())).toEqual({
      callSid: CALL,
      to: CUSTOMER,
      from: FROM,
      status: 'completed',
      dateCreated: new Date('2026-11-24T10:00:00Z'),
      startTime: new Date('2026-11-24T10:00:05Z'),
      endTime: new Date('2026-11-24T10:00:35Z'),
      durationSeconds: 30,
      answeredBy: 'human',
    });
    expect(twilio.received[0]?.target).toBe(`${PATH}/Calls/${CALL}.json`);
  });

  it('and what is not known yet is left out', async () => {
    const twilio = await stubServer(json(200, callBody({ date_created: null })));
    expect(await telephonyAt(twilio.url).findCall(CALL, patience())).toEqual({ callSid: CALL, to: CUSTOMER, from: FROM, status: 'queued' });
  });

  it('and may not be there', async () => {
    const twilio = await stubServer(json(404, errorBody(404, 20404)));
    expect(await telephonyAt(twilio.url).findCall(CALL, patience())).toBeNull();
  });

  it.each([
    ['500', json(500, ''), ProviderDown],
    ['a cut connection', reset, ProviderDown],
    ['an answer that is not JSON', json(200, '<html>'), ProviderDown],
    ['429', json(429, errorBody(429, 20429)), RateLimited],
    ['401', json(401, errorBody(401, 20003)), ProviderMisconfigured],
    ['400', json(400, errorBody(400, 21211)), PermanentlyRefused],
  ])('and %s tells what can be done, without the number', async (_, answer, kind) => {
    const twilio = await stubServer(answer);
    const error = await failure(telephonyAt(twilio.url).findCall(CALL, patience()));
    expect(error).toBeInstanceOf(kind);
    expect(words(error)).not.toContain(CUSTOMER);
  });

  it('until the signal ends it', async () => {
    const given = new AbortController();
    const twilio = await stubServer((reply, received) => {
      void hang(reply, received);
      given.abort(new Error('stopping'));
    });
    expect(await failure(telephonyAt(twilio.url).findCall(CALL, given.signal))).toBe(given.signal.reason);
  });
});

describe('calls to a number', () => {
  it('are those created since, also while they still wait to be dialed', async () => {
    const calls = [
      callBody({ sid: 'just', date_created: null }),
      callBody({ sid: 'waiting', date_created: 'Tue, 24 Nov 2026 10:00:00 +0000', start_time: null }),
      callBody({ sid: 'before', date_created: 'Tue, 24 Nov 2026 09:59:59 +0000' }),
    ];
    const twilio = await stubServer(json(200, { calls, next_page_uri: null }));
    const found = await telephonyAt(twilio.url).findCallsTo(CUSTOMER, { startedAfter: new Date('2026-11-24T10:00:00.900Z') }, patience());
    expect(found.map(({ callSid }) => callSid)).toEqual(['just', 'waiting']);
    const query = new URL(twilio.received[0]?.target ?? '', twilio.url).searchParams;
    expect(query.get('To')).toBe(CUSTOMER);
    // Twilio's own filter by start would hide the one that has not started.
    expect([...query.keys()].filter((name) => name.startsWith('StartTime'))).toEqual([]);
  });

  it('are asked for at the configured address only, whatever the answer names as the next page', async () => {
    const other = await stubServer(json(200, { calls: [], next_page_uri: null }));
    const next = { calls: [callBody()], next_page_uri: `${other.url}/2010-04-01/steal.json` };
    const twilio = await stubServer(json(200, next), json(200, { calls: [], next_page_uri: null }));
    await telephonyAt(twilio.url).findCallsTo(CUSTOMER, { startedAfter: new Date(0) }, patience());
    expect(other.received).toHaveLength(0);
  });
});

describe('a call is cancelled', () => {
  const wrongState = json(400, errorBody(400, 21220));
  it.each([
    ['while it waits or rings', [json(200, callBody({ status: 'canceled' }))], 'requested', ['canceled']],
    ['while it is spoken in', [wrongState, json(200, callBody({ status: 'completed' }))], 'requested', ['canceled', 'completed']],
    [
      'while it is spoken in and Twilio does not mind',
      [json(200, callBody({ status: 'in-progress' })), json(200, callBody({ status: 'in-progress' }))],
      'requested',
      ['canceled', 'completed'],
    ],
    ['too late', [json(200, callBody({ status: 'busy' }))], 'already-over', ['canceled']],
    ['too late, in other words', [wrongState, wrongState], 'already-over', ['canceled', 'completed']],
    ['with no answer', [reset], 'unknown', ['canceled']],
    ['without being known yet', [json(404, errorBody(404, 20404))], 'unknown', ['canceled']],
  ] as const)('%s', async (_, answers, result, sent) => {
    const [first, ...more] = answers;
    const twilio = await stubServer(first, ...more);
    expect(await telephonyAt(twilio.url).cancel(CALL, patience())).toBe(result);
    expect(twilio.received.map(({ body }) => new URLSearchParams(body.toString()).get('Status'))).toEqual(sent);
  });
});

describe('recordings', () => {
  it('of a call are listed', async () => {
    const recording = {
      sid: RECORDING,
      call_sid: CALL,
      status: 'completed',
      duration: '12',
      date_created: 'Tue, 24 Nov 2026 10:00:00 +0000',
    };
    const twilio = await stubServer(json(200, { recordings: [recording], next_page_uri: null }));
    expect(await telephonyAt(twilio.url).listRecordings(CALL, patience())).toEqual([
      { recordingSid: RECORDING, callSid: CALL, status: 'completed', durationSeconds: 12, dateCreated: new Date('2026-11-24T10:00:00Z') },
    ]);
    expect(twilio.received[0]?.target).toContain(`${PATH}/Calls/${CALL}/Recordings.json`);
  });

  it.each([
    ['once', json(204, '')],
    ['and again', json(404, errorBody(404, 20404))],
  ])('are deleted, %s', async (_, answer) => {
    const twilio = await stubServer(answer);
    await telephonyAt(twilio.url).deleteRecording(RECORDING, patience());
    expect(twilio.received[0]).toMatchObject({ method: 'DELETE', target: `${PATH}/Recordings/${RECORDING}.json` });
  });
});
