import { BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, DelegateBackoff, handleWhenResult } from 'cockatiel';
import type { Metrics } from '#src/platform/metrics.ts';
import { SECOND } from '#src/platform/time.ts';
import { CircuitOpen, ProviderDown, ProviderError, type Provider } from './errors.ts';

/** What a request says of its provider. `given-up`: nothing, since we did not wait for the answer. */
export type Sign = 'answered' | 'down' | 'given-up';

/**
 * Keeps a provider that is down from being asked. Held in the memory of one process: each finds out for itself, by a few requests.
 * Open, it lets nothing through; then a single request, whose answer closes it or opens it for longer.
 */
export interface Circuit {
  /** Sends one request and takes `read`'s word for what it says of the provider. Throws `CircuitOpen` where nothing was sent. */
  pass<Result>(send: () => Promise<Result>, read: (result: Result) => Sign): Promise<Result>;
  /** Real milliseconds for which nothing will be let through; 0 where something is. */
  heldMs(): number;
}

/** Below the runs of every queue's contract: an outage alone uses up no job's. */
const OPENS_AFTER = 3;
const FIRST_PAUSE_MS = 5 * SECOND;
const LONGEST_PAUSE_MS = 30 * SECOND;
/** While one request tries, the others look again after this. */
const TRIAL_MS = 2 * SECOND;

/** A closed circuit for requests of one kind. `metrics` counts the open ones. */
export function createCircuit(
  provider: Provider,
  { providerCircuitOpen }: Pick<Metrics, 'providerCircuitOpen'>,
  requests = 'all',
): Circuit {
  let opensAgainAt = 0;
  const pauses = new DelegateBackoff(({ attempt }: { attempt: number }) => {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
    opensAgainAt = performance.now() + pauseMs;
    return pauseMs;
  });
  const breaker = circuitBreaker(
    handleWhenResult((ran) => (ran as Ran<unknown>).down),
    { breaker: new ConsecutiveBreaker(OPENS_AFTER), halfOpenAfter: pauses },
  );
  providerCircuitOpen.inc({ provider, requests }, 0); // there from the start
  let open = false;
  breaker.onStateChange((state) => {
    const was = open;
    open = state !== CircuitState.Closed;
    if (open !== was) providerCircuitOpen.inc({ provider, requests }, open ? 1 : -1);
  });

  const heldMs = () => {
    switch (breaker.state) {
      case CircuitState.Open:
        return Math.max(0, opensAgainAt - performance.now());
      case CircuitState.HalfOpen:
        return TRIAL_MS;
      default:
        return 0;
    }
  };

  return {
    heldMs,
    async pass(send, read) {
      const held = heldMs();
      if (held > 0) throw new CircuitOpen(provider, held);
      try {
        const ran = await breaker.execute(async () => {
          const result = await send();
          const sign = read(result);
          // An attempt that was given up closes no circuit.
          return { result, down: sign === 'down' || (sign === 'given-up' && open) };
        });
        return ran.result;
      } catch (error) {
        // By the library's clock the pause is not quite over.
        if (error instanceof BrokenCircuitError) throw new CircuitOpen(provider, TRIAL_MS);
        throw error;
      }
    },
  };
}

interface Ran<Result> {
  result: Result;
  down: boolean;
}

/** Runs a request that may be repeated. Once the circuit is open its failure is no failure of the job's: `CircuitOpen` costs no attempt. */
export async function through<Result>(circuit: Circuit, provider: Provider, work: () => Promise<Result>): Promise<Result> {
  const settled = await circuit.pass(() => settle(work), read);
  if (settled.kind === 'answer') return settled.answer;
  const held = circuit.heldMs();
  throw held > 0 && settled.error instanceof ProviderDown ? new CircuitOpen(provider, held, { cause: settled.error }) : settled.error;
}

type Settled<Result> = { kind: 'answer'; answer: Result } | { kind: 'error'; error: unknown };

async function settle<Result>(work: () => Promise<Result>): Promise<Settled<Result>> {
  try {
    return { kind: 'answer', answer: await work() };
  } catch (error) {
    return { kind: 'error', error };
  }
}

/** A refusal is an answer, too. What is no provider's error is the signal's reason. */
function read(settled: Settled<unknown>): Sign {
  if (settled.kind === 'answer') return 'answered';
  if (settled.error instanceof ProviderDown) return 'down';
  return settled.error instanceof ProviderError ? 'answered' : 'given-up';
}
