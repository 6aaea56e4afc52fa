import { beforeAll, expect, it, vi } from 'vitest';
import { accountOf, unfinished } from '#test/stories/account.ts';
import { submit, type Submitted } from '#test/stories/submit.ts';
import { figure } from '#test/support/figures.ts';
import { runScript } from '#test/support/run-script.ts';
import { startWorld, type World } from '#test/support/stack.ts';

// Web, worker and clock as processes; Twilio's own account has a call from our number that none of them made. A day of the clock lasts
// five minutes, so that the books go over midnight while they are compared.

const SCALE = 300;
const DAY_MS = 24 * 60 * 60 * 1000;
const STRANGER = '+12025550199';
const PEOPLE = ['confirm', 'instructions', 'busy', 'no-answer', 'hang-up', 'voicemail', 'failed', 'never-again'] as const;

let world: World;
let planted: { sid: string; startedOn: string };
const orders: Submitted[] = [];

const dayOf = (at: string | Date | null) => new Date(at ?? 0).toISOString().slice(0, 10);
const proveDay = (day: string) => runScript('scripts/prove/main.ts', [day], world.env);

/** Somebody uses our account's credentials without us. */
async function callBehindOurBack(): Promise<string> {
  const { TWILIO_API_URL = '', TWILIO_ACCOUNT_SID = '', TWILIO_AUTH_TOKEN = '', TWILIO_FROM_NUMBER = '' } = world.env;
  const response = await fetch(`${TWILIO_API_URL}/2010-04-01/Accounts/${TWILIO_ACCOUNT_SID}/Calls.json`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${TWILIO_ACCOUNT_SID}:${TWILIO_AUTH_TOKEN}`).toString('base64')}` },
    body: new URLSearchParams({ To: STRANGER, From: TWILIO_FROM_NUMBER, Url: `${world.stack.publicUrl}/nothing` }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { sid: string }).sid;
}

const found = () =>
  world.db
    .collection('systemmetrics')
    .find({ metric_type: 'call_books_difference', value: { $gt: 0 } })
    .toArray();

beforeAll(async () => {
  world = await startWorld({ scale: SCALE });
  const { simulator } = world;
  simulator.setNumber(STRANGER, 'busy');
  const sid = await callBehindOurBack();
  const plantedAt = performance.now();
  for (const person of PEOPLE) for (let n = 0; n < 3; n += 1) orders.push(await submit(world, { person: `${person},confirm` }));
  await vi.waitUntil(async () => (await unfinished(world)).length === 0, { timeout: 150_000, interval: 500 });
  planted = { sid, startedOn: dayOf(simulator.calls().find(({ callSid }) => callSid === sid)?.startedAt ?? null) };
  // Its own minute of grace, and the clock's next tick.
  await vi.waitUntil(async () => (await found()).length > 0, { timeout: 200_000, interval: 500 });
  figure(18, 'books: a call that nobody knows raised the alert after', ((performance.now() - plantedAt) / 1000).toFixed(0), 's');
}, 400_000);

it('the clock and the worker find the call that nobody knows, and nothing else', async () => {
  expect(await found()).toMatchObject([{ value: 1, tags: { kind: 'unknown_call', day: planted.startedOn } }]);
  const alerts = world.complaints.filter((line) => line.includes('call_books_difference'));
  expect(alerts.length).toBeGreaterThan(0);
  expect(alerts[0]).toContain(planted.sid);
  expect(alerts.join('\n')).not.toContain('+1202');
});

it('npm run prove proves every day of the run, and names the call', async () => {
  const { simulator } = world;
  const days = new Set(simulator.calls().map(({ startedAt, createdAt }) => dayOf(startedAt ?? createdAt)));
  // An attempt may have been begun, and an order submitted, on the day before its call.
  for (const day of [...days]) days.add(dayOf(new Date(Date.parse(day) - DAY_MS)));
  let proven = 0;
  for (const day of [...days].toSorted()) {
    const proof = await proveDay(day);
    proven += Number(/attempts begun +(\d+)/.exec(proof.stdout)?.[1]);
    if (day === planted.startedOn) {
      expect(proof).toMatchObject({ code: 1, stderr: '' });
      expect(proof.stdout).toContain(`1 difference:\n  call ${planted.sid}  at Twilio, and no attempt knows of it`);
    } else {
      expect(proof, proof.stdout).toMatchObject({ code: 0, stderr: '' });
    }
    expect(proof.stdout).not.toContain('+1');
  }
  const accounts = await Promise.all(orders.map((each) => accountOf(world, each)));
  expect(proven).toBe(accounts.flatMap(({ calls }) => calls).length);
  figure(18, 'books: attempts proven against Twilio', proven, 'attempts');
}, 120_000);
