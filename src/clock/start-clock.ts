import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import type { Db } from 'mongodb';
import type { Producer } from '#queues/producer.ts';
import type { Logger } from '#src/platform/logger.ts';
import type { Time } from '#src/platform/time.ts';
import type { Tick } from './ticks.ts';

export interface Clock {
  /** Lets a tick that is under way end, then stops. */
  stop(): Promise<void>;
}

/** A clock that was killed in a tick holds that tick for this long; a tick only enqueues, so it takes milliseconds. */
const LOCK_MS = 15_000;
const DRAIN_MS = 5000;

/** Starts the clock. Any number may run: agenda gives each tick to one of them. */
export async function startClock(
  ticks: Tick[],
  { db, producer, time, log }: { db: Db; producer: Producer; time: Time; log: Logger },
): Promise<Clock> {
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo: db, collection: 'agendajobs', ensureIndex: false }),
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
      }
    });
  }
  await agenda.start();
  for (const tick of ticks) await agenda.every(tick.pattern, tick.name);
  return {
    stop: async () => {
      await agenda.drain(DRAIN_MS);
    },
  };
}
