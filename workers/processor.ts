import type { Payload, QueueContract } from '#queues/define-queue.ts';
import type { Logger } from '#src/platform/logger.ts';
import type { Outcome } from './outcome.ts';

/** What every run is given beside its payload and its dependencies. */
export interface RunContext {
  log: Logger;
  /** Aborted when the run has taken longer than its contract allows, has lost its lock, or the process must stop. */
  signal: AbortSignal;
  /** True when retries have run out: a throw is final, unless it is one that costs no attempt (final.ts). */
  lastAttempt: boolean;
  /** True while a provider that is down costs the job no attempt. */
  waitsOutOutages: boolean;
}

/** One queue's work: a plain function that knows nothing of BullMQ. `Deps` says all that it can touch. */
export type Processor<Contract extends QueueContract, Deps> = (
  payload: Payload<Contract>,
  deps: Deps,
  context: RunContext,
) => Promise<Outcome>;
