import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import type { Db } from 'mongodb';
import type { Producer } from '#queues/producer.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { raiseAlert } from '#src/platform/alert.ts';
import type { Logger } from '#src/platform/logger.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { redisRefusesWrites } from '#src/platform/redis-refuses-writes.ts';
import type { Time } from '#src/platform/time.ts';
import type { Tick } from './ticks.ts';

export interface Clock {
  /** Lets a tick that is under way end, then stops. */
  stop(): Promise<void>;
}

/** A clock that was killed in a tick holds that tick for this long; a tick only enqueues, so it takes milliseconds. */
const LOCK_MS = 15_000;
const DRAIN_MS = 5000;
const SCHEDULES = 'agendajobs';

/** Starts the clock. Any number may run: agenda gives each tick to one of them. */
export async function startClock(
  ticks: Tick[],
  { db, producer, time, log, metrics }: { db: Db; producer: Producer; time: Time; log: Logger; metrics: Metrics },
): Promise<Clock> {
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: db, collection: SCHEDULES, ensureIndex: false }),
    processEvery: '1 second',
    defaultLockLifetime: LOCK_MS,
  });
  agenda.on('error', (error) => log.warn({ err: error }, 'clock error'));
  for (const tick of ticks) {
    agenda.define(tick.name, async () => {
      try {
        await tick.enqueue(producer, time);
      } catch (error) {
        // The next tick does the same work: there is nothing to catch up.
        log.warn({ err: error, tick: tick.name }, 'tick not enqueued');
        // Here and not where requests and jobs meet it: a tick comes whatever the load is, and says it once.
        if (redisRefusesWrites(error)) raiseAlert({ log, metrics }, 'redis_refuses_writes', { tick: tick.name });
      }
    });
  }
  await agenda.start();
  for (const { name, pattern } of ticks) {
    await makeSchedule(db, name);
    await agenda.every(pattern, name);
  }
  return {
    stop: async () => {
      await agenda.drain(DRAIN_MS);
    },
  };
}

/** The tick's one schedule, for agenda to fill in. Clocks that boot in the same moment each make one of their own by agenda's upsert (seen in 1 of 7 boots of four): this one has an id that all of them know. */
async function makeSchedule(db: Db, name: string): Promise<void> {
  const schedules = db.collection(SCHEDULES);
  const _id = deterministicId('tick', name);
  await schedules.deleteMany({ name, _id: { $ne: _id } });
  await schedules.updateOne({ _id }, { $setOnInsert: { name, type: 'single' } }, { upsert: true });
}
