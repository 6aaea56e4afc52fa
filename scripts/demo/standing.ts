import type { Db } from 'mongodb';
import type { Simulator } from '#scripts/simulator/simulator.ts';

/** How far the deliveries are, in numbers. */
export interface Standing {
  called: number;
  recorded: number;
  transcribed: number;
  analysed: number;
  notified: number;
  /** Have an ending, or a next time after the demo. */
  settled: number;
  /** Planned attempts after the first that are due while the demo lasts. */
  retriesWaiting: number;
  /** Calls, messages and news that are on the way. */
  underWay: number;
  /** Real epoch milliseconds of the last planned attempt that is due while the demo lasts; 0 where there is none. */
  lastDueAt: number;
  /** Changes when anything that is not settled changes. */
  fingerprint: string;
}

export interface Watched {
  db: Db;
  simulator: Pick<Simulator, 'log'>;
  /** By the scaled clock: what is due later is not waited for. */
  horizon: Date;
  realMs(at: Date): number;
}

/** Looks at the database, and counts. */
export async function readStanding({ db, simulator, horizon, realMs }: Watched): Promise<Standing> {
  const count = (collection: string, filter: object) => db.collection(collection).countDocuments(filter);
  const soon = { state: 'planned', due_at: { $lte: horizon } };
  const open = { $or: [{ 'contact.state': 'contacting' }, { 'contact.state': 'pending', 'contact.next_at': { $not: { $gt: horizon } } }] };
  const [recorded, transcribed, analysed, notified, deliveries, retriesWaiting, due, unsettled, ...underWay] = await Promise.all([
    count('recordings', {}),
    count('recordings', { 'transcription.text': { $exists: true } }),
    count('recordings', { 'ai_analysis.summary': { $exists: true } }),
    count('notifications', { state: 'sent' }),
    count('deliveries', {}),
    count('callattempts', { ...soon, number: { $gt: 1 } }),
    db.collection<{ due_at: Date }>('callattempts').find(soon).sort({ due_at: -1 }).limit(1).toArray(),
    db
      .collection('deliveries')
      .find(open, { projection: { contact: 1, revision: 1 } })
      .sort({ _id: 1 })
      .toArray(),
    count('callattempts', { state: { $in: ['submitting', 'unknown', 'submitted', 'in_progress'] } }),
    count('callattempts', { 'recording.state': { $in: ['expected', 'pending'] } }),
    count('callattempts', { follow_up: 'due' }),
    count('recordings', { processing_status: { $in: ['pending', 'processing'] } }),
    count('notifications', { state: { $in: ['pending', 'sending'] } }),
    count('webhookevents', { state: 'received' }),
  ]);
  return {
    called: simulator.log.entries({ kind: 'call' }).length,
    recorded,
    transcribed,
    analysed,
    notified,
    settled: deliveries - unsettled.length,
    retriesWaiting,
    underWay: underWay.reduce((sum, each) => sum + each, 0),
    lastDueAt: due[0] ? realMs(due[0].due_at) : 0,
    fingerprint: JSON.stringify([unsettled, underWay]),
  };
}

/** Whether all of `accepted` deliveries have an ending, or a next time after the demo, and nothing is on the way. */
export const isSettled = ({ settled, underWay }: Standing, accepted: number): boolean => settled >= accepted && underWay === 0;
