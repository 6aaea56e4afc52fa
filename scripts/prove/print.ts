import type { Proof } from './proof.ts';

const LABEL = 46;
const NUMBER = 9;
/** More would hide what was found first. */
const MOST_NAMED = 200;
const MOST_OPEN = 20;

const row = (label: string, value: number, note = ''): string =>
  `${label.padEnd(LABEL)}${String(value).padStart(NUMBER)}${note && `   ${note}`}`;

/** The proof as text, no line wider than 100 columns; ids only. */
export function print({ day, readAt, deliveries, attempts, calls, differences }: Proof): string {
  const unless0 = (label: string, value: number, note = '') => (value === 0 ? [] : [row(label, value, note)]);
  return [
    `The books of ${day} (UTC), read at ${readAt.toISOString().slice(0, 19)}Z by the clock of the settings`,
    '',
    row('deliveries submitted', deliveries.submitted),
    row('  ended', deliveries.ended),
    row('  due, at a known time', deliveries.due, deliveries.overdue > 0 ? `${deliveries.overdue} of them wait for their turn` : ''),
    row('  waiting for what is under way', deliveries.waiting),
    ...unless0('  stuck', deliveries.stuck, 'DIFFERENCE'),
    ...unless0('deliveries vanished', deliveries.vanished, 'DIFFERENCE'),
    '',
    row('attempts begun', attempts.begun),
    row('  calls at Twilio', attempts.atTwilio),
    row('  rejected by Twilio', attempts.rejected),
    row('  not placed', attempts.notPlaced),
    ...unless0('  still open', attempts.open.length),
    ...attempts.open.slice(0, MOST_OPEN).map((id) => `    attempt ${id}`),
    ...(attempts.open.length > MOST_OPEN ? [`    and ${attempts.open.length - MOST_OPEN} more`] : []),
    ...unless0('  lost', attempts.lost, 'DIFFERENCE'),
    '',
    row('calls that Twilio started from our number', calls.started),
    row("  of that day's attempts", calls.ofTheDay),
    row("  of other days' attempts", calls.ofOtherDays),
    ...unless0('  in motion', calls.inMotion),
    ...unless0('  of no attempt, or a second one', calls.ofNobody, 'DIFFERENCE'),
    '',
    ...(differences.length === 0
      ? ['No difference: the books agree.']
      : [`${differences.length} ${differences.length === 1 ? 'difference' : 'differences'}:`]),
    ...differences.slice(0, MOST_NAMED).map(({ about, id, what }) => `  ${about} ${id}  ${what}`),
    ...(differences.length > MOST_NAMED ? [`  and ${differences.length - MOST_NAMED} more`] : []),
    '',
  ].join('\n');
}
