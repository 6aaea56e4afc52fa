import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ObjectId } from 'mongodb';
import { anOrder, submit } from '#test/stories/submit.ts';
import type { Answer, World } from '#test/support/stack.ts';

/** One kind of write that the product makes: in words, and by the command that carries it. */
export interface KindOfWrite {
  words: string;
  command: 'insert' | 'update' | 'delete' | 'findAndModify';
  collection: string;
}

/** A kind that only this makes, while nothing else happens. Resolves with what is wrong with its outcome, in words. */
export interface MadeWrite extends KindOfWrite {
  make(world: World): Promise<string[]>;
}

const kind = (command: KindOfWrite['command'], collection: string, words: string): KindOfWrite => ({ words, command, collection });

/** What a steady load makes of itself. */
export const steadyWrites: readonly KindOfWrite[] = [
  kind('insert', 'deliveries', 'deliveries that are taken in (group insert)'),
  kind('insert', 'customers', 'customers (group insert)'),
  kind('insert', 'callattempts', 'first attempts (group insert)'),
  kind('findAndModify', 'controls', 'claims of the day’s budget (findAndModify)'),
  kind('update', 'callattempts', 'claims and results of dials (guarded bulk update)'),
  kind('insert', 'calllogs', 'call logs (group insert)'),
  kind('insert', 'webhookevents', 'callbacks that are filed (group insert)'),
  kind('update', 'webhookevents', 'callbacks that are applied (update of many: the driver does not repeat it)'),
  kind('update', 'calllogs', 'views of calls (guarded bulk update)'),
  kind('update', 'deliveries', 'moves of deliveries (guarded bulk update)'),
  kind('update', 'customers', 'calls in the customer’s history (guarded bulk update)'),
  kind('insert', 'trackingevents', 'history (group insert)'),
  kind('insert', 'optouts', 'who must not be called again (group insert)'),
  kind('insert', 'recordings', 'recordings (group insert)'),
  kind('update', 'recordings', 'transcripts and analyses (guarded bulk update)'),
  kind('insert', 'notifications', 'messages to drivers that are intended (group insert)'),
  kind('update', 'notifications', 'claims and results of pushes (guarded bulk update)'),
  kind('insert', 'idempotencykeys', 'idempotency keys (group insert)'),
  kind('update', 'systemmetrics', 'counted windows (upsert)'),
  kind('update', 'controls', 'the mark of what was counted (guarded update)'),
];

const REPEAT_AFTER_MS = 250;

let made = 0;

/** The delivery is planned for the customer's morning, and cancelled before: one update by a pipeline. */
async function cancelOne(world: World): Promise<string[]> {
  made += 1;
  const { id } = await submit(world, { person: 'confirm', hour: 2, fields: { external_id: `cancelled ${made}` } });
  const answer = await untilTaken(() => world.request('POST', `/v1/deliveries/${id}/cancel`));
  const events = await world.db.collection('trackingevents').countDocuments({ delivery_id: new ObjectId(id), status: 'cancelled' });
  const row = await world.db.collection('deliveries').findOne({ _id: new ObjectId(id) });
  const state = String(row?.['contact'].state);
  return answer === 200 && state === 'cancelled' && events <= 1 ? [] : [`cancelled: ${answer}, ${state}, ${events} events`];
}

/** Twenty orders with one number and a key each, at once. Resolves with their statuses and the deliveries that came of it. */
async function race(world: World, external_id: string, bodyOf: (body: object, index: number) => object) {
  const { body } = anOrder(world, { person: 'confirm', fields: { external_id } });
  const statuses = await Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const headers = { 'idempotency-key': randomUUID() };
      return untilTaken(() => world.request('POST', '/v1/deliveries', { body: bodyOf(body, index), headers }));
    }),
  );
  return { statuses, rows: await world.db.collection('deliveries').countDocuments({ external_id }) };
}

/** The same order twenty times: all are answered with the one delivery, and nothing of the others is kept. */
async function raceForOne(world: World): Promise<string[]> {
  made += 1;
  const { statuses, rows } = await race(world, `raced ${made}`, (body) => body);
  const right = rows === 1 && statuses.every((status) => status === 200 || status === 202);
  return right ? [] : [`raced: ${statuses.join(' ')}, ${rows} deliveries`];
}

/** Twenty different orders of one number: one is taken, the others are refused and give their keys back. */
async function refuseAllButOne(world: World): Promise<string[]> {
  made += 1;
  const { statuses, rows } = await race(world, `refused ${made}`, (body, index) => ({ ...body, address: `${index} Main Street` }));
  const right =
    rows === 1 && statuses.filter((status) => status === 202).length === 1 && statuses.every((status) => status === 202 || status === 409);
  return right ? [] : [`refused: ${statuses.join(' ')}, ${rows} deliveries`];
}

/** As upstream is told to: again after a 503, and while its key is held by a request whose end nobody knows. */
async function untilTaken(send: () => Promise<Answer>): Promise<number> {
  for (;;) {
    const { status, body } = await send();
    if (status !== 503 && !String(body?.type).endsWith('request-in-progress')) return status;
    await delay(REPEAT_AFTER_MS);
  }
}

export const madeWrites: readonly MadeWrite[] = [
  { ...kind('update', 'deliveries', 'a cancellation (update by a pipeline)'), make: cancelOne },
  { ...kind('delete', 'callattempts', 'an attempt of a request that lost its race (delete)'), make: raceForOne },
  { ...kind('delete', 'trackingevents', 'history of a request that lost its race (delete)'), make: raceForOne },
  { ...kind('delete', 'idempotencykeys', 'the key of a refused request (delete)'), make: refuseAllButOne },
];
