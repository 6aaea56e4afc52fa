import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '#scripts/migrations/migrator.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import { runScript } from '#test/support/run-script.ts';
import { freshMongoUri } from '#test/support/services.ts';
import { ACCOUNT, twilioOfADay, type StubCall } from './twilio-of-a-day.ts';

const uri = freshMongoUri();
const client = new MongoClient(uri);
beforeAll(async () => {
  await migrate(client.db());
});
afterAll(() => client.close());

async function run(day: string, calls: StubCall[], over: Record<string, string> = {}) {
  const { url } = await twilioOfADay(calls);
  return runScript('scripts/prove/main.ts', [day].filter(Boolean), {
    MONGODB_URI: uri,
    TWILIO_API_URL: url,
    TWILIO_ACCOUNT_SID: ACCOUNT.accountSid,
    TWILIO_AUTH_TOKEN: ACCOUNT.authToken,
    TWILIO_FROM_NUMBER: ACCOUNT.fromNumber,
    ...over,
  });
}
const stranger: StubCall = { sid: callSid(900), to: '+12025558888', created: new Date('2026-03-10T12:00:00Z') };

it('leaves 0 for a day whose books agree', async () => {
  const proof = await run('2026-03-09', [stranger]);
  expect(proof).toMatchObject({ code: 0, stderr: '' });
  expect(proof.stdout).toContain('No difference: the books agree.');
});

it('leaves 1 for a day whose books differ', async () => {
  const proof = await run('2026-03-10', [stranger]);
  expect(proof).toMatchObject({ code: 1, stderr: '' });
  expect(proof.stdout).toContain(`call ${callSid(900)}`);
});

it('means the present day of the settings’ clock by today', async () => {
  const anchor = Date.parse('2026-03-10T18:00:00Z');
  const offset = { CLOCK_OFFSET_MS: String(anchor - Date.now()) };
  expect((await run('today', [stranger], offset)).code).toBe(1);
});

it.each([
  ['no day', '', {}, "missing required argument 'day'"],
  ['a day that there is not', '2026-02-30', {}, 'It must be a day'],
  ['a day that has not begun', '2999-01-01', {}, 'has not begun'],
  ['settings that are missing', '2026-03-10', { TWILIO_AUTH_TOKEN: '' }, 'TWILIO_AUTH_TOKEN: is missing'],
  ['credentials that Twilio refuses', '2026-03-10', { TWILIO_AUTH_TOKEN: 'wrong' }, 'Twilio answered 401.'],
  ['a Twilio that is away', '2026-03-10', { TWILIO_API_URL: 'http://127.0.0.1:1' }, 'error: '],
])('leaves 2 and says why: %s', async (_, day, over, why) => {
  const proof = await run(day, [stranger], over);
  expect(proof).toMatchObject({ code: 2, stdout: '' });
  expect(proof.stderr).toContain(why);
  expect(proof.stderr).not.toContain('    at ');
});
