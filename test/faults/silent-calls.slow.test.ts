import { beforeAll, describe, expect, it, vi } from 'vitest';
import { accountOf, faultsInTheBooks, type Account } from '#test/stories/account.ts';
import { submit, type Submitted } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { startWorld, type World } from '#test/support/stack.ts';

// Web, worker and clock as processes, and a Twilio that reports nothing: of some calls every callback is lost, of others only the
// recording's. Nobody but the clock's own ticks asks. The clock is four times as fast, so that a tick is one minute and twenty seconds.

const SCALE = 4;
const MINUTE = 60_000;
const REPORTS = 'initiated,ringing,answered,completed,amd,recording';
const ENDINGS = {
  confirm: 'confirmed',
  instructions: 'instructed',
  'another-time': 'reschedule_requested',
  'never-again': 'opted_out',
  'hang-up': 'hung_up',
  voicemail: 'voicemail',
  busy: 'busy',
  'no-answer': 'no_answer',
  failed: 'failed',
} as const;
type Person = keyof typeof ENDINGS;

let world: World;
const silent = new Map<Person, Account>();
let deaf: Account;
let unannounced: Account;

beforeAll(async () => {
  world = await startWorld({ scale: SCALE });
  const { simulator, db } = world;
  const order = (person: Person, event?: string): Promise<Submitted> =>
    submit(world, { person }, (to) =>
      simulator.addFault({ target: 'callback', kind: 'drop', times: 0, match: { to, ...(event === undefined ? {} : { event }) } }),
    );
  const orders = await Promise.all(
    (Object.keys(ENDINGS) as Person[]).map(async (person) => [person, await order(person, REPORTS)] as const),
  );
  // Twilio reaches us with nothing at all, not even to ask what to say.
  const mute = await order('confirm');
  const lost = await order('instructions', 'recording');

  const first = { number: 1 };
  const total = orders.length + 2;
  const settled = async () =>
    (await db.collection('callattempts').countDocuments({ ...first, state: 'finished' })) === total &&
    (await db.collection('callattempts').countDocuments({ 'recording.state': { $in: ['expected', 'pending'] } })) === 0 &&
    (await db.collection('recordings').countDocuments({ processing_status: 'completed' })) === 2 &&
    (await db.collection('notifications').countDocuments({ state: { $in: ['pending', 'sending'] } })) === 0;
  await vi.waitUntil(settled, { timeout: 240_000, interval: 500 }).catch(() => undefined);
  for (const [person, each] of orders) silent.set(person, await accountOf(world, each));
  deaf = await accountOf(world, mute);
  unannounced = await accountOf(world, lost);
}, 330_000);

const endOf = ({ calls }: Account): number => Date.parse(calls[0]?.endedAt ?? '');
/** Of the scaled clock. */
const minutesUntilClosed = (account: Account): number =>
  ((account.attempts[0]?.['finished_at'] as Date).getTime() - endOf(account)) / MINUTE;

describe('row 18: callbacks that never come', () => {
  it.each(Object.entries(ENDINGS) as [Person, string][])('the call of "%s" is closed as %s all the same', (person, outcome) => {
    const account = silent.get(person);
    expect(account?.attempts[0]).toMatchObject({ state: 'finished', outcome });
    expect(account?.callLogs[0]).toMatchObject({ status: account?.calls[0]?.status });
    expect(account?.calls[0]?.requests.map(({ event }) => event)).not.toContain('completed');
  });

  it('a call for which Twilio could not even ask what to say is closed, too', () => {
    expect(deaf.attempts[0]).toMatchObject({ state: 'finished' });
    expect(deaf.calls[0]?.requests).toEqual([]);
  });

  it('each within five minutes of its end', () => {
    const took = [...silent.values(), deaf].map(minutesUntilClosed);
    figure(18, 'calls without any callback', took.length, 'calls');
    figure(18, 'from the end of a call at Twilio to its closing, slowest', Math.max(...took).toFixed(1), 'min of the clock');
    expect(Math.min(...took)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...took)).toBeLessThan(5);
  });

  it('calls nobody twice', async () => {
    const faults = await faultsInTheBooks(world);
    figure(18, 'calls doubled, or otherwise not as the books say', faults.length);
    expect(faults).toEqual([]);
  });
});

describe('row 18: a recording that was never announced', () => {
  it.each([
    ['alone', () => unannounced],
    ['with every other report', () => silent.get('instructions')],
  ])('lost %s, is found, transcribed, analysed, and the driver has it', (_, of) => {
    const account = of();
    const [made] = account?.calls[0]?.recordings ?? [];
    const said = account?.calls[0]?.spoke.join(' ');
    expect(made?.text).toBe(said);
    expect(account?.attempts[0]).toMatchObject({ recording: { state: 'stored', sid: made?.recordingSid } });
    expect(account?.recordings).toMatchObject([{ processing_status: 'completed', transcription: { text: made?.text } }]);
    expect(account?.row['contact']).toMatchObject({ state: 'instructed' });
    expect(account?.pushes.map(({ data }) => data.kind)).toContain('instructions');
    const stored = (account?.recordings[0]?.['createdAt'] as Date).getTime();
    figure(
      18,
      `recording never announced (${_}): from the end of the call to its copy`,
      ((stored - endOf(account as Account)) / MINUTE).toFixed(1),
      'min of the clock',
    );
  });
});
