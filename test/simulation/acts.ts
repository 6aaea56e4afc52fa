import { MINUTE, SECOND } from '#src/platform/time.ts';
import type { Clients } from './clients.ts';
import type { Fleet } from './fleet.ts';
import type { SimJob, SimQueue } from './queue.ts';
import type { Act } from './weather.ts';
import type { World } from './world.ts';

export interface Stage {
  world: World;
  fleet: Fleet;
  queue: SimQueue;
  clients: Clients;
  double(job: SimJob): void;
}

/** Lets one of the weather's acts befall the world; `hot`: the process that was last at a server, where it concerns one. */
export function act(what: Act, { world, fleet, queue, clients, double }: Stage, hot: boolean): void {
  const { random, scheduler, store, counter, away } = world;
  const jobs = [...queue.jobs.values()].filter(({ state }) => state === 'waiting' || state === 'active');
  const now = scheduler.now();
  const victim = hot ? world.last.process : undefined;
  counter.add(`acts: ${what}`);
  world.trace(`  act: ${what}`);
  switch (what) {
    case 'kill':
      return fleet.killOne(victim);
    case 'freeze':
      return fleet.freezeOne(victim);
    case 'freeze and flush':
      // Nobody takes up what it was doing: reconcile must, and meets it when it wakes.
      queue.flush();
      return fleet.freezeOne(victim);
    case 'clock jump':
      return random.pick(fleet.all()).actor.jumpClock();
    case 'flush':
      return queue.flush();
    case 'lose job':
      if (jobs.length > 0) queue.lose(random.pick(jobs));
      return;
    case 'double job':
      if (jobs.length > 0) double(random.pick(jobs));
      return;
    case 'delay job': {
      const waiting = jobs.filter(({ state }) => state === 'waiting');
      if (waiting.length > 0) queue.requeue(random.pick(waiting), random.between(1, 120) * SECOND);
      return;
    }
    case 'cancel':
      return clients.cancelOne();
    case 'opt out':
      // Rarely: it ends all that there is to see.
      return random.chance(hot ? 0.6 : 0.2) ? clients.optOutOne() : undefined;
    case 'kill switch': {
      const set = (enabled: boolean) => {
        store.controls.insert({ _id: 'calls', updatedAt: new Date(now) });
        store.controls.update(
          'calls',
          () => true,
          (doc) => ({ ...doc, enabled }),
        );
      };
      set(false);
      scheduler.after(random.between(0.5, 5) * MINUTE, 'operator: calls are switched on', () => set(true));
      return;
    }
    case 'database away':
      away.database = now + random.between(0.1, 30) * SECOND;
      return;
    case 'redis away':
      away.redis = now + random.between(0.1, 30) * SECOND;
      return;
  }
}
