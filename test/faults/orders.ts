import type { ObjectId } from 'mongodb';
import type { World } from '#test/support/stack.ts';

/** One callback: at which of our addresses, and what it says beside account and call. */
export interface Message {
  path: 'status' | 'amd' | 'choice' | 'recording';
  says: Readonly<Record<string, string>>;
}

export function permutations<Value>(values: readonly Value[]): Value[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((first, index) => permutations(values.filter((_, other) => other !== index)).map((rest) => [first, ...rest]));
}

export const insertedAt = <Value>(values: readonly Value[], position: number, value: Value): Value[] =>
  values.toSpliced(position, 0, value);

/** What may differ between two ways to the same end: when we learnt of things, and the marks of guarded writes. */
const VOLATILE = ['createdAt', 'updatedAt', 'revision', 'claimed_at', 'submitted_at', 'finished_at', 'due_at', 'timestamp', 'event_count'];
/** The delivery's history tells what was known when; so do the messages to the driver, who may be told "not reached" before a key is told that was pressed. */
const HISTORY = ['tracking_events'];

/** CallLog, attempt, delivery and the customer's history of one call as text, without what may differ and under names that every call has. */
export async function documentsOf({ db }: World, attemptId: ObjectId): Promise<string> {
  const attempt = await db.collection('callattempts').findOne({ _id: attemptId });
  const [callLog, delivery, customer] = await Promise.all([
    db.collection('calllogs').findOne({ attempt_id: attemptId }),
    db.collection('deliveries').findOne({ _id: attempt?.['delivery_id'] }),
    db.collection('customers').findOne({ _id: attempt?.['customer_id'] }),
  ]);
  const heard = ((callLog?.['webhook_events'] ?? []) as { event: string; data: object }[]).map((one) =>
    JSON.stringify([one.event, one.data]),
  );
  const documents = {
    attempt,
    callLog: { ...callLog, webhook_events: heard.toSorted() },
    delivery,
    history: (customer?.['call_history'] as { status: string; duration: number }[]).map(({ status, duration }) => ({ status, duration })),
    events: (callLog?.['event_count'] as number) === (attempt?.['event_count'] as number) ? heard.length : 'views differ',
  };
  const names: [string, unknown][] = [
    ['attempt', attemptId],
    ['delivery', delivery?._id],
    ['callLog', callLog?._id],
    ['customer', customer?._id],
    ['driver', delivery?.['agent_id']],
    ['call', attempt?.['call_sid']],
    ['phone', attempt?.['to_number']],
  ];
  const text = JSON.stringify(sorted(documents));
  return names.reduce((anonymous, [name, id]) => anonymous.replaceAll(String(id), `<${name}>`), text);
}

function sorted(value: unknown): unknown {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  if (Array.isArray(plain)) return plain.map(sorted);
  if (typeof plain !== 'object' || plain === null) return plain;
  return Object.fromEntries(
    Object.entries(plain)
      .filter(([field]) => !VOLATILE.includes(field) && !HISTORY.includes(field))
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([field, inner]: [string, unknown]) => [field, sorted(inner)]),
  );
}
