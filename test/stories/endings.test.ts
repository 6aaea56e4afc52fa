import { beforeAll, describe, expect, it, vi } from 'vitest';
import { readRedis } from '#test/support/read-redis.ts';
import { startWorld, type World } from '#test/support/stack.ts';
import { accountOf, faultsInTheBooks, type Account } from './account.ts';
import { SENTENCE, stories, type Name, type Story } from './ending-stories.ts';
import { submit, type Submitted } from './submit.ts';

// One installation, one run: every ending once. Each test judges one delivery by what the API shows, what MongoDB holds, what the
// simulator saw and what the driver's phone was told.

const accounts = {} as Record<Name, Account>;
let world: World;

beforeAll(async () => {
  world = await startWorld();
  await Promise.all(
    Object.entries(stories).map(async ([name, story]: [string, Story]) => {
      const submitted = await submit(world, story, (phone) => {
        // The call stands still until upstream has cancelled: its TwiML is on the way for a minute.
        if (name === 'cancelledInCall')
          world.simulator.addFault({ target: 'callback', kind: 'delay', delayMs: 60_000, match: { event: 'voice', to: phone } });
      });
      await story.meanwhile?.(world, submitted);
      accounts[name as Name] = await until(story.over, submitted);
    }),
  );
}, 90_000);

/** The account when it is over, or as it stands when that does not come: the test of this story then says what is wrong. */
async function until(over: Story['over'], submitted: Submitted): Promise<Account> {
  const last: { account?: Account } = {};
  const look = async () => over((last.account = await accountOf(world, submitted)));
  await vi.waitUntil(look, { interval: 200, timeout: 30_000 }).catch(() => undefined);
  return last.account ?? accountOf(world, submitted);
}

const history = ({ shown }: Account): string[] => shown.tracking_events.map(({ status }: { status: string }) => status);
const outcomes = ({ attempts }: Account) => attempts.map((attempt) => attempt['outcome']);
const kinds = ({ pushes }: Account) => pushes.map(({ data }) => data.kind);
const minutesBetween = (earlier: unknown, later: unknown) => ((later as Date).getTime() - (earlier as Date).getTime()) / 60_000;

describe('reached', () => {
  it('confirmed: key 1 is the ending, and the driver knows', () => {
    const account = accounts.confirmed;
    expect(account.shown).toMatchObject({
      contact: { state: 'confirmed' },
      status: 'assigned',
      retry_count: 0,
      calls: [{ status: 'completed', outcome: 'confirmed', answered_by: 'human', retry_count: 0 }],
    });
    expect(account.calls).toMatchObject([{ pressed: ['1'], status: 'completed', answeredBy: 'human' }]);
    expect(account.callLogs).toMatchObject([
      { call_sid: account.calls[0]?.callSid, direction: 'outbound', duration: account.calls[0]?.seconds },
    ]);
    expect(account.pushes).toMatchObject([{ title: expect.stringContaining('Confirmed'), body: expect.stringContaining('1 Main Street') }]);
    expect(history(account).toSorted()).toEqual(['call_planned', 'confirmed', 'contacting']);
  });

  it('instructions left: the words reach the driver and stand behind the shipper’s', () => {
    const account = accounts.instructions;
    expect(account.calls).toMatchObject([{ pressed: ['2'], spoke: [SENTENCE] }]);
    expect(account.shown).toMatchObject({
      contact: { state: 'instructed' },
      recording: { processing_status: 'completed', transcription: SENTENCE, ai_analysis: { instructions: SENTENCE } },
    });
    expect(account.shown.package_details.special_instructions).toMatch(/^Fragile\.\s/);
    expect(account.shown.package_details.special_instructions).toContain(SENTENCE);
    expect(account.recordings).toMatchObject([
      {
        recording_sid: account.calls[0]?.recordings[0]?.recordingSid,
        duration: account.calls[0]?.recordings[0]?.seconds,
        processing_attempts: 1,
      },
    ]);
    expect(account.attempts).toMatchObject([{ outcome: 'instructed', recording: { state: 'stored' } }]);
    expect(account.pushes.map(({ body }) => body)).toEqual([expect.stringContaining(SENTENCE)]);
  });

  it('another time: the driver is to arrange one', () => {
    const account = accounts.anotherTime;
    expect(account.shown).toMatchObject({ contact: { state: 'reschedule_requested' }, status: 'assigned' });
    expect(account.calls).toMatchObject([{ pressed: ['3'] }]);
    expect(
      world.simulator.log
        .entries({ kind: 'heard', callSid: account.calls[0]?.callSid })
        .every(({ language }) => String(language).startsWith('es')),
    ).toBe(true);
    expect(kinds(account)).toEqual(['reschedule']);
  });

  it('opted out: the number is never called again', async () => {
    const account = accounts.optedOut;
    expect(account.shown).toMatchObject({ contact: { state: 'opted_out' } });
    const phone = account.calls[0]?.to;
    expect(await world.db.collection<{ _id: string }>('optouts').findOne({ _id: String(phone) })).toMatchObject({ source: 'call' });
    expect(kinds(account)).toEqual(['opted_out']);

    const body = { ...account.shown, customer: { name: 'The same person', phone } };
    const { address, coordinates, scheduled_time, customer } = body;
    const again = await world.request('POST', '/v1/deliveries', { body: { address, coordinates, scheduled_time, customer } });
    expect(again).toMatchObject({ status: 202, body: { contact: { state: 'opted_out' } } });
    expect(world.simulator.calls().filter(({ to }) => to === phone)).toHaveLength(1);
  });

  it('reached by the second call, after the first was busy', () => {
    const account = accounts.reachedLater;
    expect(outcomes(account)).toEqual(['busy', 'confirmed']);
    expect(account.shown).toMatchObject({
      contact: { state: 'confirmed' },
      retry_count: 1,
      calls: [
        { status: 'busy', retry_count: 0 },
        { status: 'completed', retry_count: 1 },
      ],
    });
    expect(account.calls.map(({ status }) => status)).toEqual(['busy', 'completed']);
    expect(minutesBetween(account.attempts[0]?.['finished_at'], account.attempts[1]?.['claimed_at'])).toBeGreaterThanOrEqual(10);
    expect(kinds(account)).toEqual(['confirmed']);
    expect(history(account).toSorted()).toEqual(['call_planned', 'confirmed', 'contacting', 'contacting', 'not_reached', 'retry_planned']);
  });
});

describe('somebody answered and said nothing', () => {
  it.each(['hungUp', 'silent'] as const)('%s: not called again, and the driver is told', (name) => {
    const account = accounts[name];
    expect(outcomes(account)).toEqual(['hung_up']);
    expect(account.shown).toMatchObject({
      contact: { state: 'unreachable', reason: 'hung_up' },
      calls: [{ status: 'completed', outcome: 'hung_up' }],
    });
    expect(account.calls).toMatchObject([{ pressed: [], status: 'completed' }]);
    expect(kinds(account)).toEqual(['not_reached']);
  });
});

describe('not reached, so tried again', () => {
  it.each([
    ['voicemail', 'voicemail', 'completed', 120],
    ['busy', 'busy', 'busy', 10],
    ['noAnswer', 'no_answer', 'no-answer', 60],
    ['failed', 'failed', 'failed', 15],
  ] as const)('%s', (name, outcome, status, minutes) => {
    const account = accounts[name];
    expect(account.calls[0]).toMatchObject({ status, pressed: [] });
    expect(account.callLogs[0]).toMatchObject({ status, outcome, call_sid: account.calls[0]?.callSid });
    expect(account.attempts[0]).toMatchObject({ state: 'finished', outcome, follow_up: 'done' });
    expect(account.shown).toMatchObject({ contact: { state: 'pending', reason: outcome }, status: 'assigned' });
    const next = account.attempts.at(-1);
    expect(account.shown.contact.next_at).toBe((next?.['due_at'] as Date).toISOString());
    expect(minutesBetween(account.attempts[0]?.['finished_at'], account.attempts[1]?.['due_at'])).toBeGreaterThanOrEqual(minutes);
    expect(history(account)).toContain('retry_planned');
    expect(account.pushes).toEqual([]);
  });

  it('given up after the last retry: the driver is told', () => {
    const account = accounts.givenUp;
    expect(outcomes(account)).toEqual(['busy', 'busy']);
    expect(account.shown).toMatchObject({
      contact: { state: 'unreachable', reason: 'retries_exhausted' },
      status: 'assigned',
      retry_count: 1,
    });
    expect(account.calls).toHaveLength(2);
    expect(kinds(account)).toEqual(['not_reached']);
  });
});

describe('never called', () => {
  it('wrong number: refused by Twilio, not tried again', () => {
    const account = accounts.wrongNumber;
    expect(account.attempts).toMatchObject([{ state: 'rejected', outcome: 'undialable', error_code: '21211', follow_up: 'done' }]);
    expect(account.shown).toMatchObject({ contact: { state: 'unreachable', reason: 'undialable' }, calls: [] });
    expect(account.calls).toEqual([]);
    expect(kinds(account)).toEqual(['not_reached']);
  });

  it('postponed: it is night at the customer’s', () => {
    const account = accounts.postponed;
    expect(account.shown).toMatchObject({ contact: { state: 'pending', reason: 'quiet_hours' } });
    expect(account.attempts).toMatchObject([{ state: 'planned', due_at: new Date(account.shown.contact.next_at) }]);
    const { preferences } = account.customer;
    const hour = new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone: preferences.timezone });
    expect(Number(hour.format(new Date(account.shown.contact.next_at)))).toBe(8);
    expect(history(account)).toEqual(['call_postponed']);
    expect(account.calls).toEqual([]);
  });

  it('cancelled before the call: no call, and the driver need not go', () => {
    const account = accounts.cancelledPlanned;
    expect(account.shown).toMatchObject({ contact: { state: 'cancelled' }, status: 'cancelled' });
    expect(account.attempts).toMatchObject([{ state: 'finished', outcome: 'delivery_cancelled' }]);
    expect(account.calls).toEqual([]);
    expect(kinds(account)).toEqual(['cancelled']);
  });

  it('SMS only: settled without a call', () => {
    const account = accounts.smsOnly;
    expect(account.shown).toMatchObject({ contact: { state: 'not_permitted', reason: 'channel_not_enabled' } });
    expect(account.attempts).toEqual([]);
    expect(account.calls).toEqual([]);
    expect(kinds(account)).toEqual(['not_reached']);
  });
});

it('cancelled in a call: Twilio is asked to end it, and the driver need not go', () => {
  const account = accounts.cancelledInCall;
  expect(account.shown).toMatchObject({ contact: { state: 'cancelled' }, status: 'cancelled' });
  expect(account.attempts).toMatchObject([{ state: 'finished', cancel_requested: true }]);
  expect(account.calls).toMatchObject([{ status: 'completed', pressed: [] }]);
  expect(kinds(account)).toEqual(['cancelled']);
});

it('no attempt was called twice, and every call is in the books', async () => {
  expect(await faultsInTheBooks(world)).toEqual([]);
});

describe('P8: nothing personal and nothing secret', () => {
  const told = () => [
    ...Object.values(accounts).map(({ customer }) => String(customer['phone']).slice(-10)),
    ...['Customer 0', 'Dora', '2025559999', 'dora@example.com', '1 Main Street', SENTENCE.slice(0, 20), 'neighbour'],
    ...['TWILIO_AUTH_TOKEN', 'OPENAI_API_KEY', 'S3_SECRET_ACCESS_KEY', 'VAPID_PRIVATE_KEY', 'SESSION_SECRET'].map((name) => secret(name)),
  ];
  const secret = (name: string): string => {
    const value = world.env[name];
    if (value === undefined) throw new Error(`the installation has no ${name}`);
    return value;
  };
  const foundIn = (text: string) => told().filter((word) => text.includes(word));

  it('is in any line of any log', () => {
    expect(world.lines.length).toBeGreaterThan(50);
    expect(foundIn(world.lines.join('\n'))).toEqual([]);
  });

  it('is in Redis: jobs, their ids, results and reasons, events, locks', async () => {
    const text = await readRedis(String(world.env['REDIS_URL']), String(world.env['QUEUE_PREFIX']));
    expect(text).toContain(String(accounts.confirmed.attempts[0]?.['_id']));
    expect(foundIn(text)).toEqual([]);
  });

  it('is in the metrics', async () => {
    const { text } = await world.request('GET', '/metrics');
    expect(text).toContain('http_request_duration_seconds');
    expect(foundIn(text)).toEqual([]);
  });
});
