import { SECOND } from '#src/platform/time.ts';
import { startProcess, type Installation, type Process } from './process.ts';

/** The processes of an installation: killed ones are started again under a new name, frozen ones wake late. */
export interface Fleet {
  webs(): Process[];
  workers(): Process[];
  all(): Process[];
  /** By its name, else any. */
  killOne(name?: string): void;
  freezeOne(name?: string): void;
  /** All that are to be are there and awake. */
  recover(): void;
}

export function startFleet(installation: Installation): Fleet {
  const { random, scheduler, counter } = installation.world;
  let born = 0;
  const start = (kind: 'web' | 'worker') => startProcess(`${kind}-${(born += 1)}`, kind, installation);
  const slots = { web: [start('web'), start('web')], worker: Array.from({ length: 2 + random.int(2) }, () => start('worker')) };
  const all = () => [...slots.web, ...slots.worker];

  const replace = (kind: 'web' | 'worker', dead: Process) => {
    const place = slots[kind].indexOf(dead);
    if (place >= 0) slots[kind][place] = start(kind);
  };
  const kindOf = (process: Process) => (slots.web.includes(process) ? 'web' : 'worker');
  const alive = () => all().filter(({ actor }) => actor.state() !== 'dead');
  const victim = (name?: string) => alive().find(({ actor }) => actor.name === name) ?? random.pick(alive());

  return {
    webs: () => slots.web,
    workers: () => slots.worker,
    all,
    killOne(name) {
      const process = victim(name);
      const kind = kindOf(process);
      process.actor.kill();
      counter.add('processes killed');
      scheduler.after(random.between(0.5, 15) * SECOND, `${process.actor.name} is started again`, () => replace(kind, process));
      if (alive().length === 0) replace(kind, process);
    },
    freezeOne(name) {
      const { actor } = victim(name);
      actor.freeze();
      counter.add('processes frozen');
      const seconds = random.pick([random.between(0.1, 5), random.between(10, 60), random.between(60, 300)]);
      scheduler.after(seconds * SECOND, `${actor.name} wakes`, () => {
        if (actor.state() === 'frozen' && seconds > 14) counter.add('zombies woken after their lock was gone');
        actor.wake();
      });
    },
    recover() {
      for (const process of all()) {
        process.actor.wake();
        if (process.actor.state() === 'dead') replace(kindOf(process), process);
      }
    },
  };
}
