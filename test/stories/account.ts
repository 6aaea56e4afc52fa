import { ObjectId, type Document } from 'mongodb';
import type { World } from '#test/support/stack.ts';
import type { Submitted } from './submit.ts';

/** Everything that is still to be done for deliveries, in words; empty when each has its ending. A planned retry is not: `due` counts it as undone. */
export async function unfinished({ db }: World): Promise<string[]> {
  const list = async (collection: string, filter: Document, tell: (row: Document) => string) =>
    (await db.collection(collection).find(filter).toArray()).map(tell);
  return (
    await Promise.all([
      list(
        'deliveries',
        { 'contact.state': { $in: ['pending', 'contacting'] } },
        (row) => `delivery ${String(row._id)}: ${row['contact'].state}`,
      ),
      list(
        'callattempts',
        { state: { $nin: ['finished', 'rejected', 'not_placed'] } },
        (row) => `attempt ${String(row._id)}: ${row['state']}`,
      ),
      list('callattempts', { follow_up: 'due' }, (row) => `attempt ${String(row._id)}: no follow-up`),
      list(
        'callattempts',
        { 'recording.state': { $in: ['expected', 'pending'] } },
        (row) => `attempt ${String(row._id)}: recording ${row['recording'].state}`,
      ),
      list('webhookevents', { state: 'received' }, (row) => `event ${row['kind']} of attempt ${String(row['attempt_id'])}`),
      list(
        'recordings',
        { processing_status: { $in: ['pending', 'processing'] } },
        (row) => `recording ${String(row._id)}: ${row['processing_status']}`,
      ),
      list('notifications', { state: { $in: ['pending', 'sending'] } }, (row) => `notification ${row['kind']}: ${row['state']}`),
    ])
  ).flat();
}

/** What each of the four witnesses says about one delivery. */
export async function accountOf({ request, db, simulator }: World, { id, phone }: Submitted) {
  // Effects before causes: who sees a push finds in MongoDB what led to it, the API shows no less than that, and the call is as far.
  const pushes = pushesTo(simulator.log.entries({ kind: 'push' }), id);
  const _id = new ObjectId(id);
  const [row, attempts, callLogs, recordings, notifications] = await Promise.all([
    db.collection('deliveries').findOne({ _id }),
    db.collection('callattempts').find({ delivery_id: _id }).sort({ number: 1 }).toArray(),
    db.collection('calllogs').find({ delivery_id: _id }).sort({ retry_count: 1 }).toArray(),
    db.collection('recordings').find({ delivery_id: _id }).toArray(),
    db.collection('notifications').find({ delivery_id: _id }).toArray(),
  ]);
  const shown = await request('GET', `/v1/deliveries/${id}`);
  const customer = await db.collection('customers').findOne({ _id: row?.['customer_id'] });
  return {
    shown: shown.body,
    row: row ?? ({} as Document),
    customer: customer ?? ({} as Document),
    attempts,
    callLogs,
    recordings,
    notifications,
    calls: simulator.calls().filter(({ to }) => to === phone),
    pushes,
  };
}

export type Account = Awaited<ReturnType<typeof accountOf>>;

interface Push {
  title: string;
  body: string;
  data: { delivery_id: string; kind: string };
}

/** What the driver's phone has shown about a delivery: the push service decrypted it. */
function pushesTo(entries: readonly { [detail: string]: unknown }[], id: string): Push[] {
  return entries.map(({ payload }) => payload as Push).filter(({ data }) => data.delivery_id === id);
}

/** Calls that should not be, by the simulator's own log: a second one of the same attempt, or one that no attempt knows. Attempts that say they called and did not. */
export async function faultsInTheBooks({ db, simulator }: World): Promise<string[]> {
  const attempts = await db.collection('callattempts').find().toArray();
  const bySid = new Map(attempts.flatMap((attempt) => (attempt['call_sid'] ? [[String(attempt['call_sid']), attempt] as const] : [])));
  const placed = simulator.log.entries({ kind: 'call' });
  const perAttempt = Map.groupBy(placed, ({ url }) => /voice\/([0-9a-f]{24})/.exec(String(url))?.[1] ?? 'no attempt');
  return [
    ...[...perAttempt].filter(([, calls]) => calls.length > 1).map(([id, calls]) => `attempt ${id} was called ${calls.length} times`),
    ...placed.filter(({ callSid }) => !bySid.has(String(callSid))).map(({ callSid }) => `call ${String(callSid)} is in no attempt`),
    ...[...bySid.keys()].filter((sid) => !placed.some(({ callSid }) => callSid === sid)).map((sid) => `call ${sid} was never placed`),
  ];
}
