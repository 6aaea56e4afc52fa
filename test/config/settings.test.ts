import { describe, expect, it } from 'vitest';
import { loadDatabaseSettings } from '#src/config/database-settings.ts';
import { InvalidSettings } from '#src/config/parse.ts';
import { loadSettings } from '#src/config/settings.ts';
import { completeEnvironment } from '#test/support/environment.ts';

/** What is said of an environment that differs from a complete one in this. */
function problemsOf(changes: Record<string, string | undefined>): readonly string[] {
  try {
    loadSettings({ ...completeEnvironment, ...changes });
    return [];
  } catch (error) {
    if (error instanceof InvalidSettings) return error.problems;
    throw error;
  }
}

describe('settings', () => {
  it('are complete with what has no default', () => {
    const settings = loadSettings(completeEnvironment);
    expect(settings).toMatchObject({ appEnv: 'development', http: { host: '127.0.0.1', port: 3000 }, twilio: { callsPerSecond: 1 } });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each(Object.keys(completeEnvironment))('name what is missing: %s', (name) => {
    for (const absent of [undefined, '']) {
      const problems = problemsOf({ [name]: absent });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^${name}: is missing`));
    }
  });

  it.each([
    ['PORT', '70000'],
    ['PORT', 'eighty'],
    ['PORT', '80.5'],
    ['PORT', ' '],
    ['METRICS_PORT', '0x50'],
    ['APP_ENV', 'test-bed'],
    ['LOG_LEVEL', 'loud'],
    ['PUBLIC_URL', 'delauto.example'],
    ['PUBLIC_URL', 'ftp://delauto.example'],
    ['PUBLIC_URL', 'https://user:secret@delauto.example'],
    ['PUBLIC_URL', 'https://delauto.example/?a=b'],
    ['PUBLIC_URL', 'https://delauto.example/#part'],
    ['PUBLIC_URL', 'https://del_auto.example'],
    ['SESSION_SECRET', 'short'],
    ['MONGODB_URI', 'localhost:27017'],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_CLUSTER_NODES', 'localhost'],
    ['REDIS_CLUSTER_NODES', ','],
    ['WORKER_QUEUES', ' , '],
    ['WORKER_CONCURRENCY', '0'],
    ['QUEUE_PREFIX', 'a:b'],
    ['TWILIO_ACCOUNT_SID', 'AC123'],
    ['TWILIO_FROM_NUMBER', '4930123456'],
    ['TWILIO_CPS', '0'],
    ['TWILIO_API_URL', 'twilio'],
    ['VAPID_SUBJECT', 'me@example.com'],
    ['CLOCK_SCALE', '-1'],
    ['RECONCILE', 'maybe'],
  ])('name what is wrong, and do not repeat it: %s=%s', (name, value) => {
    const problems = problemsOf({ TWILIO_API_URL: 'http://127.0.0.1:1', [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: (?!is missing)`));
    if (value.trim().length > 3) expect(problems[0]).not.toContain(value);
  });

  it('name everything at once', () => {
    const problems = problemsOf({ PORT: 'x', MONGODB_URI: undefined, LOG_LEVEL: 'loud', REDIS_URL: undefined, CLOCK_SCALE: '2' });
    expect(problems.map((problem) => problem.split(':', 1)[0]).toSorted()).toEqual([
      'CLOCK_SCALE',
      'LOG_LEVEL',
      'MONGODB_URI',
      'PORT',
      'REDIS_URL',
    ]);
  });

  it('take a cluster instead of one Redis', () => {
    const { redis } = loadSettings({ ...completeEnvironment, REDIS_URL: undefined, REDIS_CLUSTER_NODES: 'one:6379, two:6379' });
    expect(redis.clusterNodes).toEqual(['one:6379', 'two:6379']);
  });

  it.each([
    ['CLOCK_SCALE', '60'],
    ['CLOCK_OFFSET_MS', '3600000'],
  ])('refuse another time than the real one while Twilio itself is called: %s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name}: .*Twilio`))]);
    expect(problemsOf({ [name]: value, TWILIO_API_URL: 'http://127.0.0.1:4010' })).toEqual([]);
  });

  it('drop the slash at the end of PUBLIC_URL, so that addresses can be joined to it', () => {
    expect(loadSettings({ ...completeEnvironment, PUBLIC_URL: 'https://delauto.example/' }).publicUrl).toBe('https://delauto.example');
  });

  it('of a command that needs only the database are no more than that', () => {
    const { MONGODB_URI } = completeEnvironment;
    expect(loadDatabaseSettings({ MONGODB_URI, APP_ENV: 'staging' })).toEqual({ mongodbUri: MONGODB_URI, appEnv: 'staging' });
    expect(() => loadDatabaseSettings({})).toThrow('MONGODB_URI: is missing');
  });
});
