import { MongoServerError } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GroupFull } from '#src/db/grouped/group-commit.ts';
import { createAnswerInTime } from '#src/http/answer-in-time.ts';
import { problem, type HttpProblem } from '#src/http/problems/http-problem.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The database as the rule sees it: when it last answered anybody, in milliseconds of the fake clock. */
function setup({ answeredAt = -Infinity } = {}) {
  const database = { answeredAt };
  const started = Date.now();
  const now = () => Date.now() - started;
  const answerInTime = createAnswerInTime((ms) => now() - database.answeredAt <= ms);
  /** What came of it, and when. */
  const outcomeOf = async (work: Promise<unknown>) => {
    try {
      return { value: await work, at: now() };
    } catch (error) {
      return { error, at: now() };
    }
  };
  return { database, now, answerInTime, outcomeOf };
}

const after = (ms: number) => new Promise((done) => setTimeout(() => done('done'), ms));
const never = new Promise<never>(() => undefined);

describe('a request', () => {
  it('gets its answer as soon as there is one', async () => {
    const { answerInTime, outcomeOf } = setup();
    const outcome = outcomeOf(answerInTime(after(150)));
    await vi.runAllTimersAsync();
    expect(await outcome).toEqual({ value: 'done', at: 150 });
  });

  it('gets a 503 after 200 ms from a database that answers nobody, and is told what to do', async () => {
    const { answerInTime, outcomeOf } = setup();
    const outcome = outcomeOf(answerInTime(never));
    await vi.runAllTimersAsync();
    const { error, at } = await outcome;
    expect(at).toBe(200);
    expect(error).toMatchObject({ status: 503, type: '/problems/outcome-unknown', headers: { 'retry-after': '1' } });
    expect((error as HttpProblem).detail).toMatch(/Idempotency-Key or external_id/);
  });

  it('gets it after half the time where one before was refused, until the database has answered anybody', async () => {
    const { database, now, answerInTime, outcomeOf } = setup();
    const spent = async () => {
      const begun = now();
      const outcome = outcomeOf(answerInTime(never));
      await vi.runAllTimersAsync();
      return (await outcome).at - begun;
    };
    expect([await spent(), await spent(), await spent()]).toEqual([200, 100, 100]);
    await vi.advanceTimersByTimeAsync(1000);
    database.answeredAt = now();
    await vi.advanceTimersByTimeAsync(1000);
    expect([await spent(), await spent()]).toEqual([200, 100]);
  });

  it('that only reads is told that nothing was done', async () => {
    const { answerInTime, outcomeOf } = setup();
    const outcome = outcomeOf(answerInTime(never, 'reads'));
    await vi.runAllTimersAsync();
    expect((await outcome).error).toMatchObject({ status: 503, type: '/problems/unavailable' });
  });

  it('waits on while the database answers others', async () => {
    const { database, now, answerInTime, outcomeOf } = setup();
    const others = setInterval(() => {
      database.answeredAt = now();
    }, 100);
    const outcome = outcomeOf(answerInTime(after(1500)));
    await vi.advanceTimersByTimeAsync(1500);
    clearInterval(others);
    expect(await outcome).toEqual({ value: 'done', at: 1500 });
  });

  it('waits no longer than 250 ms after the database fell silent', async () => {
    const { database, now, answerInTime, outcomeOf } = setup();
    setTimeout(() => {
      database.answeredAt = now();
    }, 170);
    const outcome = outcomeOf(answerInTime(never));
    await vi.runAllTimersAsync();
    const { error, at } = await outcome;
    expect(error).toMatchObject({ status: 503 });
    expect(at).toBeGreaterThan(370);
    expect(at).toBeLessThanOrEqual(420);
  });

  it('does not wait for ever, however many others are answered', async () => {
    const { answerInTime, outcomeOf } = setup({ answeredAt: Infinity });
    const outcome = outcomeOf(answerInTime(never));
    await vi.runAllTimersAsync();
    expect(await outcome).toMatchObject({ error: { status: 503 }, at: 5000 });
  });
});

describe('an error', () => {
  const told = async (error: Error) => {
    const { answerInTime, outcomeOf } = setup();
    return (await outcomeOf(answerInTime(Promise.reject(error)))).error;
  };

  it('of the request goes through as it is', async () => {
    const refused = problem({ status: 409 });
    expect(await told(refused)).toBe(refused);
  });

  it('of the database that a repeat may not meet is a 503', async () => {
    const stepDown = new MongoServerError({ message: 'not primary', code: 10107, errorLabels: ['RetryableWriteError'] });
    for (const error of [stepDown, new GroupFull()]) expect(await told(error)).toMatchObject({ status: 503, cause: error });
  });

  it('that a repeat would meet again goes through as it is', async () => {
    const bug = new MongoServerError({ message: 'unknown operator', code: 2 });
    expect(await told(bug)).toBe(bug);
  });
});
