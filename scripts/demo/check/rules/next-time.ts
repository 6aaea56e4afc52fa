import type { Evidence, HeldJob, Rule, Violation } from '../evidence.ts';
import { stories, type Story } from '../look-up.ts';

/** A delivery without an ending has one planned attempt, due when the delivery says, and a job that will run then; one with an ending has none. */
export const nextTimeIsKept: Rule = (evidence) => {
  const jobs = evidence.jobs.filter(({ queue, state }) => queue === 'call' && state === 'delayed');
  return stories(evidence).flatMap((story) => (story.delivery.contact.state === 'pending' ? waiting(story, jobs, evidence) : over(story)));
};

function waiting(
  { submitted: { externalId: delivery }, delivery: row, attempts }: Story,
  jobs: readonly HeldJob[],
  { toleranceMs }: Evidence,
): Violation[] {
  const [planned, ...more] = attempts.filter(({ state }) => state === 'planned');
  const next = row.contact.next_at;
  if (!next) return [{ delivery, what: 'has neither an ending nor a next time' }];
  if (!planned) return [{ delivery, what: 'waits for a next time, but no attempt is planned' }];
  if (more.length > 0) return [{ delivery, what: `has ${more.length + 1} planned attempts` }];
  if (next.getTime() !== planned.due_at.getTime()) return [{ delivery, what: 'says another next time than its planned attempt' }];
  const own = jobs.filter(({ data }) => data['attemptId'] === planned._id.toHexString());
  if (own.length !== 1) return [{ delivery, what: `its next attempt has ${own.length} jobs` }];
  const off = Math.abs((own[0]?.runsAt?.getTime() ?? 0) - next.getTime());
  return off <= toleranceMs ? [] : [{ delivery, what: `its job runs ${Math.round(off / 60_000)} minutes off the promised time` }];
}

const over = ({ submitted: { externalId: delivery }, delivery: row, attempts }: Story): Violation[] =>
  attempts
    .filter(({ state }) => state === 'planned')
    .map(({ number }) => ({ delivery, what: `its contact is ${row.contact.state}, but attempt ${number} is still planned` }));
