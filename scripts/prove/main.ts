/** `npm run prove -- DAY`: compares one day's ledger with Twilio's list of calls, and prints the proof. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { withDatabase } from '#scripts/accounts/database.ts';
import { parseSettings } from '#src/config/parse.ts';
import { environment } from '#src/config/settings.ts';
import { createTime } from '#src/platform/time.ts';
import { print } from './print.ts';
import { dayOf, prove } from './prove.ts';
import { twilioBooks } from './twilio.ts';

const DIFFERENT = 1;
const NOT_PROVEN = 2;

const NEEDED = environment.pick({
  MONGODB_URI: true,
  TWILIO_ACCOUNT_SID: true,
  TWILIO_AUTH_TOKEN: true,
  TWILIO_FROM_NUMBER: true,
  TWILIO_API_URL: true,
  CLOCK_SCALE: true,
  CLOCK_ANCHOR: true,
  CLOCK_OFFSET_MS: true,
});

const program = new Command('prove')
  .description(
    "Proves one day's books (UTC): every delivery has ended, is due or waits; every attempt is a call that Twilio knows, or was refused, or not placed; every call at Twilio is an attempt's. Reads only. Leaves 0 if they agree, 1 if something differs, 2 if it could not be told.",
  )
  .argument('<day>', 'YYYY-MM-DD, or "today"', toDay)
  .exitOverride()
  .action(proveDay);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : NOT_PROVEN;
  else {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = NOT_PROVEN;
  }
}

async function proveDay(given: string): Promise<void> {
  const s = parseSettings(NEEDED, process.env, () => []);
  const now = createTime({ scale: s.CLOCK_SCALE, anchorMs: s.CLOCK_ANCHOR, offsetMs: s.CLOCK_OFFSET_MS }).now();
  const name = given === 'today' ? now.toISOString().slice(0, 10) : given;
  if (name > now.toISOString().slice(0, 10)) throw new Error(`${name} has not begun.`);
  const twilio = twilioBooks({
    apiUrl: s.TWILIO_API_URL,
    accountSid: s.TWILIO_ACCOUNT_SID,
    authToken: s.TWILIO_AUTH_TOKEN,
    fromNumber: s.TWILIO_FROM_NUMBER,
  });
  const proof = await withDatabase(s.MONGODB_URI, (db) => prove(db, twilio, dayOf(name, now, s.CLOCK_SCALE)));
  process.stdout.write(print(proof));
  if (proof.differences.length > 0) process.exitCode = DIFFERENT;
}

function toDay(value: string): string {
  const at = new Date(`${value}T00:00:00Z`);
  // The 30th of February reads as a day of March.
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
  if (value !== 'today' && !isDay) throw new InvalidArgumentError('It must be a day such as 2026-11-24, or "today".');
  return value;
}
