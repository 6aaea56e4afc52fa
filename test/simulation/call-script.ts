import type { TwilioStatus } from '#src/domain/call-events/call-event.ts';
import { SECOND } from '#src/platform/time.ts';
import type { Random } from './random.ts';

/** What happens in a call, and so many milliseconds after the dial. */
export type Happening = { at: number } & (
  | { kind: 'status'; status: TwilioStatus; seconds?: number; errorCode?: string }
  | { kind: 'amd'; answeredBy: string }
  | { kind: 'choice'; digits: string }
  | { kind: 'recording'; status: 'in-progress' | 'completed' | 'absent' }
);

/** How the customer takes the call. */
export function drawCall(random: Random): Happening[] {
  const initiated: Happening = { at: random.between(0, 2 * SECOND), kind: 'status', status: 'initiated' };
  const ringing: Happening = { at: random.between(2, 4) * SECOND, kind: 'status', status: 'ringing' };
  const ended = (status: TwilioStatus, at: number): Happening => ({ at, kind: 'status', status });
  switch (random.int(10)) {
    case 0:
      return [initiated, failed(random)];
    case 1:
      return [initiated, ringing, ended('busy', random.between(4, 10) * SECOND)];
    case 2:
      return [initiated, ringing, ended('no-answer', random.between(30, 34) * SECOND)];
    case 3:
      return [initiated, ringing, ...answered(random, 'machine_start', [])];
    case 4:
      return [initiated, ringing, ...answered(random, random.pick(['human', 'unknown']), [])];
    default:
      return [initiated, ringing, ...answered(random, 'human', [random.pick(['1', '1', '2', '2', '2', '3', '9'])])];
  }
}

/** Without a code; a number that does not exist; a country that is not enabled; too long in Twilio's queue; opted out of at Twilio. */
const FAILURES = [undefined, undefined, '13224', '13227', '22005', '21610'];

function failed(random: Random): Happening {
  const errorCode = random.pick(FAILURES);
  const at = random.between(2, 5) * SECOND;
  return { at, kind: 'status', status: 'failed', ...(errorCode === undefined ? {} : { errorCode }) };
}

function answered(random: Random, answeredBy: string, digits: string[]): Happening[] {
  const start = random.between(5, 25) * SECOND;
  const pressed = start + random.between(3, 20) * SECOND;
  const message = digits.includes('2');
  const end = pressed + (message ? random.between(2, 100) * SECOND : random.between(1, 10) * SECOND);
  const recorded: Happening[] =
    message && random.chance(0.95)
      ? [{ at: end + random.between(0.5, 8) * SECOND, kind: 'recording', status: random.chance(0.93) ? 'completed' : 'absent' }]
      : [];
  return [
    { at: start, kind: 'status', status: 'in-progress' },
    // Detection goes on beside the call, and may end after it.
    ...(random.chance(0.9)
      ? [{ at: start + random.between(1, random.chance(0.8) ? 6 : 60) * SECOND, kind: 'amd' as const, answeredBy }]
      : []),
    ...digits.map((key): Happening => ({ at: pressed, kind: 'choice', digits: key })),
    ...(message && random.chance(0.3) ? [{ at: end - SECOND, kind: 'recording' as const, status: 'in-progress' as const }] : []),
    { at: end, kind: 'status', status: 'completed', seconds: Math.round((end - start) / SECOND) },
    ...recorded,
  ];
}
