import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMetrics } from '#src/platform/metrics.ts';
import { SECOND } from '#src/platform/time.ts';
import { createCircuit, through, type Circuit } from '#src/providers/circuit.ts';
import { PermanentlyRefused, ProviderDown, RateLimited } from '#src/providers/errors.ts';
import { failure } from './stub-server.ts';

// The library reads the machine's clock: both of its faces stand still here, and no timer is touched.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function setup() {
  const metrics = createMetrics();
  const circuit = createCircuit('analyst', metrics);
  let sent = 0;
  const ask = (answer: () => Promise<string>, by: Circuit = circuit) =>
    through(by, 'analyst', () => {
      sent += 1;
      return answer();
    });
  const gauge = async () => (await metrics.providerCircuitOpen.get()).values.map(({ labels, value }) => [labels['provider'], value]);
  return { metrics, circuit, ask, gauge, sent: () => sent };
}
const down = () => Promise.reject(new ProviderDown('analyst'));
const answers = () => Promise.resolve('an analysis');

/** As when a provider is down: two requests fail, the third opens the circuit. */
async function opened() {
  const world = setup();
  for (let count = 0; count < 3; count += 1) await failure(world.ask(down));
  return world;
}

describe('a circuit that is closed', () => {
  it('passes answers and errors on as they are', async () => {
    const { ask, gauge } = setup();
    expect(await ask(answers)).toBe('an analysis');
    expect(await failure(ask(down))).toBeInstanceOf(ProviderDown);
    expect(await gauge()).toEqual([['analyst', 0]]);
  });

  it.each([
    ['an answer', answers],
    ['a refusal', () => Promise.reject(new PermanentlyRefused('analyst', 400))],
    ['a word to slow down', () => Promise.reject(new RateLimited('analyst', 1000))],
  ])('stays so when %s is between two failures and the next', async (_, between) => {
    const { ask, sent } = setup();
    for (const answer of [down, down, between, down, down]) await ask(answer).catch(() => undefined);
    expect(await ask(answers)).toBe('an analysis');
    expect(sent()).toBe(6);
  });
});

describe('a circuit after three failures in a row', () => {
  it('sends nothing, and says for how long', async () => {
    const { ask, sent, gauge } = await opened();
    vi.advanceTimersByTime(2 * SECOND);
    expect(await failure(ask(answers))).toMatchObject({ name: 'CircuitOpen', provider: 'analyst', retryAfterMs: 3 * SECOND });
    expect(sent()).toBe(3);
    expect(await gauge()).toEqual([['analyst', 1]]);
  });

  it('makes no failure of the third one, nor of those that were under way with it: they cost no attempt', async () => {
    const { ask } = setup();
    const first = await failure(ask(down));
    const errors = await Promise.all(Array.from({ length: 10 }, () => failure(ask(down))));
    expect(first).toBeInstanceOf(ProviderDown);
    expect(errors.slice(1)).toEqual(Array(9).fill(expect.any(RateLimited)));
    expect(errors[2]).toMatchObject({ cause: expect.any(ProviderDown) });
  });

  it('lets a single request try after that, and holds all others meanwhile', async () => {
    const { ask, sent } = await opened();
    vi.advanceTimersByTime(5 * SECOND);
    const trial = Promise.withResolvers<string>();
    const tried = ask(() => trial.promise);
    const others = await Promise.all([failure(ask(answers)), failure(ask(answers))]);
    expect(others).toEqual([expect.any(RateLimited), expect.any(RateLimited)]);
    expect(sent()).toBe(4);
    trial.resolve('it is back');
    expect(await tried).toBe('it is back');
  });

  it('is closed by its answer', async () => {
    const { ask, gauge } = await opened();
    vi.advanceTimersByTime(5 * SECOND);
    await ask(answers);
    expect(await ask(answers)).toBe('an analysis');
    expect(await gauge()).toEqual([['analyst', 0]]);
  });

  it('waits for longer each time that it fails, but not for ever', async () => {
    const { ask, circuit, gauge } = await opened();
    const waits: number[] = [];
    for (let trial = 0; trial < 5; trial += 1) {
      waits.push(circuit.heldMs() / SECOND);
      vi.advanceTimersByTime(circuit.heldMs());
      expect(await failure(ask(down))).toBeInstanceOf(RateLimited);
    }
    expect(waits).toEqual([5, 10, 20, 30, 30]);
    expect(await gauge()).toEqual([['analyst', 1]]);
  });

  it('is not closed by a request that nobody waited for', async () => {
    const { ask, circuit } = await opened();
    vi.advanceTimersByTime(5 * SECOND);
    expect(await failure(ask(() => Promise.reject(new Error('the process is stopping'))))).toMatchObject({
      message: 'the process is stopping',
    });
    expect(circuit.heldMs()).toBeGreaterThan(0);
  });
});
