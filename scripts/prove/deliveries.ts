import type { Db, ObjectId } from 'mongodb';
import type { Day, DeliveriesProof, Difference } from './proof.ts';

interface DeliveryRow {
  _id: ObjectId;
  contact?: { state?: string };
  updatedAt: Date;
}

interface AttemptRow {
  _id: ObjectId;
  delivery_id: ObjectId;
  state: string;
  due_at: Date;
  follow_up?: string;
}

const ENDED = ['confirmed', 'instructed', 'reschedule_requested', 'unreachable', 'opted_out', 'not_permitted', 'cancelled'];
const UNDER_WAY = ['submitting', 'unknown', 'submitted', 'in_progress'];
const BATCH = 1000;

/** Every delivery that was submitted on the day has an ending, a next time, or something under way; one that has none of them is stuck. */
export async function proveDeliveries(db: Db, day: Day, differences: Difference[]): Promise<DeliveriesProof> {
  const proof: DeliveriesProof = { submitted: 0, ended: 0, due: 0, overdue: 0, waiting: 0, stuck: 0, vanished: 0 };
  const judge = async (open: DeliveryRow[]) => {
    const attempts = await db
      .collection<AttemptRow>('callattempts')
      .find({ delivery_id: { $in: open.map(({ _id }) => _id) } })
      .project<AttemptRow>({ delivery_id: 1, state: 1, due_at: 1, follow_up: 1 })
      .toArray();
    const byDelivery = Map.groupBy(attempts, ({ delivery_id }) => delivery_id.toHexString());
    for (const delivery of open) await judgeOne(delivery, byDelivery.get(delivery._id.toHexString()) ?? []);
  };
  const judgeOne = async (delivery: DeliveryRow, attempts: AttemptRow[]) => {
    const planned = attempts.find(({ state }) => state === 'planned');
    if (planned) {
      proof.due += 1;
      if (planned.due_at < day.now) proof.overdue += 1;
    } else if (attempts.some(({ state }) => UNDER_WAY.includes(state)) || (await isBeingWritten(db, delivery, attempts, day))) {
      proof.waiting += 1;
    } else {
      proof.stuck += 1;
      const state = delivery.contact?.state ?? 'without a contact';
      const what = attempts.length === 0 ? 'no attempt' : 'all its attempts are over';
      differences.push({ about: 'delivery', id: delivery._id.toHexString(), what: `stuck: ${state}, ${what}, no next time` });
    }
  };

  let open: DeliveryRow[] = [];
  const rows = db
    .collection<DeliveryRow>('deliveries')
    .find({ createdAt: { $gte: day.from, $lt: day.until } })
    .project<DeliveryRow>({ 'contact.state': 1, updatedAt: 1 });
  for await (const row of rows) {
    proof.submitted += 1;
    if (ENDED.includes(row.contact?.state ?? '')) proof.ended += 1;
    else open.push(row);
    if (open.length < BATCH) continue;
    await judge(open);
    open = [];
  }
  if (open.length > 0) await judge(open);
  for await (const { _id } of vanished(db, day)) {
    proof.vanished += 1;
    differences.push({ about: 'delivery', id: _id.toHexString(), what: 'vanished: it has a history of that day, and does not exist' });
  }
  return proof;
}

/** By the history, which is written beside each delivery: a delivery that was lost would be missing from any count of deliveries. */
const vanished = (db: Db, { from, until, now, graceMs }: Day) =>
  db
    .collection('trackingevents')
    .aggregate<{ _id: ObjectId }>([
      { $match: { timestamp: { $gte: from, $lt: new Date(Math.min(until.getTime(), now.getTime() - graceMs)) } } },
      { $group: { _id: '$delivery_id' } },
      { $lookup: { from: 'deliveries', localField: '_id', foreignField: '_id', pipeline: [{ $project: { _id: 1 } }], as: 'delivery' } },
      { $match: { delivery: [] } },
    ]);

/** It was touched a moment ago, its retry is being decided, or an event of it waits to be applied. */
async function isBeingWritten(db: Db, { updatedAt }: DeliveryRow, attempts: AttemptRow[], { now, graceMs }: Day): Promise<boolean> {
  if (now.getTime() - updatedAt.getTime() < graceMs || attempts.some(({ follow_up }) => follow_up === 'due')) return true;
  const waits = { attempt_id: { $in: attempts.map(({ _id }) => _id) }, state: 'received' };
  return (await db.collection('webhookevents').findOne(waits, { projection: { _id: 1 } })) !== null;
}
