import { ReplyError } from 'ioredis';
import { MongoNetworkError } from 'mongodb';
import { expect, it } from 'vitest';
import { AnalysisUnusable, PermanentlyRefused, ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { isFinal } from '#workers/final.ts';
import { JobTooLong } from '#workers/job-signal.ts';
import { waitsOutOutages } from '#workers/outages.ts';

const running = new AbortController().signal;
const cut = (reason: Error) => AbortSignal.abort(reason);

it.each<[boolean, string, unknown, boolean, AbortSignal]>([
  [true, 'an error of the last attempt', new ProviderDown('push'), true, running],
  [true, 'what will always be refused, whichever attempt it is', new PermanentlyRefused('push', 400), false, running],
  [true, 'a model that gives no analysis, however often it was asked', new AnalysisUnusable('not-json'), false, running],
  [false, 'an error before that', new ProviderDown('push'), false, running],
  [false, 'a provider that asks to slow down', new RateLimited('push', 1), true, running],
  [false, 'a provider that refuses our settings', new ProviderMisconfigured('push', 401), true, running],
  [false, 'a database that is away: the run is made again, and may have reached the provider', new MongoNetworkError('x'), true, running],
  [false, 'a Redis that takes no writes', new ReplyError('OOM command not allowed'), true, running],
  [true, 'a last attempt that took too long', new Error('aborted'), true, cut(new JobTooLong(1))],
  [false, 'a run that a stop has cut', new Error('aborted'), true, cut(new Error('the process is stopping'))],
])('ends the job (%s): %s', (ends, _, error, lastAttempt, signal) => {
  expect(isFinal(error, { lastAttempt, waitsOutOutages: false, signal })).toBe(ends);
});

it('no provider that is down ends a job while it waits out outages; what concerns the job alone does', () => {
  const context = { lastAttempt: true, waitsOutOutages: true, signal: running };
  expect(isFinal(new ProviderDown('push'), context)).toBe(false);
  expect(isFinal(new Error('its own'), context)).toBe(true);
  expect(isFinal(new PermanentlyRefused('push', 400), context)).toBe(true);
});

it('a job waits out outages for thirty runs beyond its attempts, however many it has used', () => {
  expect(waitsOutOutages({ attemptsStarted: 1, attemptsMade: 0 })).toBe(true);
  expect(waitsOutOutages({ attemptsStarted: 33, attemptsMade: 3 })).toBe(true);
  expect(waitsOutOutages({ attemptsStarted: 34, attemptsMade: 3 })).toBe(false);
});
