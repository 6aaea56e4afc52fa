import Table from 'cli-table3';
import { DateTime } from 'luxon';
import { expectedOutcome } from '#scripts/demo/check/expected.ts';
import type { AttemptRow, Evidence } from '#scripts/demo/check/evidence.ts';
import { attemptIdOf, stories, type Story } from '#scripts/demo/check/look-up.ts';
import { askedFor } from '#scripts/demo/check/rules/instructions.ts';
import { inWords } from './words.ts';

/** With seven rules between and around them 100 columns. */
const WIDTHS = [11, 9, 17, 21, 22, 13];
const HEAD = ['delivery', 'customer', 'calls', 'asked for', 'driver was told', 'next attempt'];
const LONGEST = 60;

/** What happened to whom, one row a delivery. No phone numbers. */
export function resultTable(evidence: Evidence): string {
  const table = new Table({
    head: HEAD,
    colWidths: WIDTHS,
    wordWrap: true,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 1 },
  });
  for (const story of stories(evidence)) {
    const { submitted } = story;
    const firstName = story.customer?.name.split(' ')[0] ?? '';
    table.push([submitted.externalId, firstName, callsOf(story), askedOf(story, evidence), toldOf(story, evidence), nextOf(story)]);
  }
  return table.toString();
}

function callsOf(story: Story): string {
  const { attempts } = story;
  const ended = attempts.filter(({ state }) => state === 'rejected' || state === 'finished').flatMap((attempt) => ending(attempt, story));
  return ended.length === 0 ? 'none' : `${ended.length}: ${ended.join(', then ')}`;
}

/** By what the simulator saw; of a call that was refused at once it has none. */
function ending(attempt: AttemptRow, { submitted, calls }: Story): string[] {
  const call = calls.find((each) => attemptIdOf(each) === attempt._id.toHexString());
  const outcome = call && expectedOutcome(call);
  // Nobody pressed anything, and upstream cancelled: it is we who hung up.
  if (outcome === 'hung_up' && submitted.cancelled) return [inWords('canceled')];
  if (outcome !== undefined) return [inWords(outcome)];
  return attempt.state === 'rejected' ? [inWords(attempt.outcome ?? 'refused')] : [];
}

function askedOf(story: Story, evidence: Evidence): string {
  const [said] = askedFor(story, evidence);
  if (said !== undefined) return shortened(said);
  const { state, reason } = story.delivery.contact;
  if (state === 'pending') return '';
  if (state === 'cancelled') return 'cancelled by upstream';
  return reason === undefined ? inWords(state) : `${inWords(state)}: ${inWords(reason)}`;
}

function toldOf({ submitted }: Story, { pushes }: Evidence): string {
  const told = pushes.filter(({ deliveryId, status }) => deliveryId === submitted.deliveryId && status === 201);
  // "Confirmed: Ana Lindqvist" names the customer, who has a column of their own.
  return told.map(({ title, body }) => shortened(`${title.split(':')[0] ?? ''}: ${body.split(': ').slice(1).join(': ')}`)).join('; ');
}

function nextOf({ delivery, customer }: Story): string {
  const { state, next_at, reason } = delivery.contact;
  if (state !== 'pending' || !next_at) return '';
  const local = DateTime.fromJSDate(next_at, { zone: customer?.preferences.timezone ?? 'UTC' }).setLocale('en');
  return `${local.toFormat('ccc HH:mm')} local${reason === undefined ? '' : `: ${inWords(reason)}`}`;
}

const shortened = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).trimEnd()}…`);
