import { ObjectId } from 'mongodb';
import { newAgent } from '#src/db/documents/agent.ts';
import { acceptDelivery, type Submission } from '#src/http/deliveries/accept.ts';
import { cancelDelivery } from '#src/http/deliveries/cancel.ts';
import { HttpProblem } from '#src/http/problems/http-problem.ts';
import type { NewDelivery } from '#src/http/deliveries/request.ts';
import { HOUR, SECOND } from '#src/platform/time.ts';
import { isBug } from './is-bug.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** The upstream systems: submit, repeat until they are answered, and cancel. */
export interface Clients {
  /** Ids of the deliveries that were answered with a 2xx. */
  readonly accepted: Set<string>;
  /** Of these, the ones whose cancelling was answered so. */
  readonly cancelled: Set<string>;
  cancelOne(): void;
  optOutOne(): void;
}

const TRACE_ID = 'a'.repeat(32);
const PATIENCE_MS = 20 * SECOND;
const ZONES = ['America/New_York', 'America/Los_Angeles', 'Pacific/Honolulu', 'Europe/Berlin'];

export function startClients(webs: () => Process[], world: World): Clients {
  const { random, scheduler, store, counter } = world;
  const accepted = new Set<string>();
  const cancelled = new Set<string>();
  const agents = [0, 1].map(() => aDriver(world, random.chance(0.8)));
  const phones = Array.from({ length: 1 + random.int(3) }, (_, n) => `+1202555010${n}`);

  /** Asks some web process, again and again, until one has answered; a 4xx is an answer, too. Or gives up, after each time that likely. */
  const insist = (what: string, request: (web: Process) => Promise<void>, { within = 60 * SECOND, givesUp = 0 } = {}) => {
    let over = false;
    const again = () => {
      if (random.chance(givesUp)) return counter.add('requests not repeated');
      scheduler.after(random.between(1, 5) * SECOND, `client: ${what} again`, ask);
    };
    const ask = () => {
      const alive = webs().filter(({ actor }) => actor.state() !== 'dead');
      if (alive.length === 0) return again();
      const web = random.pick(alive);
      let answered = false;
      const answer = (ok: boolean) => {
        if (answered || over) return;
        answered = true;
        patience.cancel();
        over = ok;
        if (!ok) again();
      };
      const patience = scheduler.after(PATIENCE_MS, `client: no answer to ${what}`, () => answer(false));
      web.actor.deliver(`request: ${what}`, () => {
        request(web).then(
          () => answer(true),
          (error: unknown) => {
            if (isBug(error)) world.fail(`${what} threw ${error.stack ?? String(error)}`);
            answer(error instanceof HttpProblem && error.status < 500 && error.type !== '/problems/request-in-progress');
          },
        );
      });
    };
    scheduler.after(random.between(0, within), `client: ${what}`, ask);
  };

  const submit = (n: number) => {
    const submission = aSubmission(n);
    insist(`submit ${n}`, async ({ deps }) => {
      const { delivery } = await acceptDelivery(submission, deps);
      accepted.add(delivery._id.toHexString());
      counter.add('submissions accepted');
    });
  };

  const aSubmission = (n: number): Submission => {
    const byKey = random.chance(0.7);
    const body: NewDelivery = {
      customer: { name: `Customer ${n}`, phone: random.pick(phones), preferences: { timezone: random.pick(ZONES) } },
      agent_id: random.pick(agents).toHexString(),
      address: '1 Main St',
      coordinates: { type: 'Point', coordinates: [-74, 40] },
      scheduled_time: new Date(scheduler.now() + random.between(0.2, 20) * HOUR).toISOString(),
      max_retries: random.pick([0, 1, 2, 3]),
      ...(byKey && random.chance(0.5) ? {} : { external_id: `order-${n}` }),
    };
    return { body, apiKeyId: new ObjectId('0'.repeat(24)), idempotencyKey: byKey ? `key-${n}` : undefined, traceId: TRACE_ID };
  };

  for (let n = 0; n < 1 + random.int(3); n += 1) submit(n);

  return {
    accepted,
    cancelled,
    cancelOne() {
      if (accepted.size === 0) return;
      const id = random.pick([...accepted]);
      const cancel = async ({ deps }: Process) => {
        const delivery = await deps.deliveries.find(new ObjectId(id));
        if (!delivery) throw new Error('an accepted delivery is gone');
        await cancelDelivery(delivery, TRACE_ID, deps);
        cancelled.add(id);
        counter.add('deliveries cancelled');
      };
      insist(`cancel ${id}`, cancel, { within: random.chance(0.5) ? 50 : 60 * SECOND, givesUp: random.pick([0, 1]) });
    },
    optOutOne() {
      const phone = random.pick(phones);
      if (store.optOuts.get(phone)) return;
      store.optOuts.insert({ _id: phone, source: 'operator', createdAt: new Date(scheduler.now()) });
      counter.add('opt-outs in the middle');
    },
  };
}

function aDriver({ store, scheduler }: World, subscribed: boolean): ObjectId {
  const agent = newAgent(
    {
      name: 'Dora',
      phone: '+12025550200',
      email: 'dora@example.com',
      password: 'a hash',
      ...(subscribed ? { push_subscription: { endpoint: 'https://push.example.com/dora' } } : {}),
    },
    new Date(scheduler.now()),
  );
  store.agents.insert(agent);
  return agent._id;
}
