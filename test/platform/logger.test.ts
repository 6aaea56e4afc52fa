import { expect, it } from 'vitest';
import { createLogger } from '#src/platform/logger.ts';

const PHONE = '+12025550123';

/** The lines that a logger writes, as they are and as objects. */
function written(level = 'info') {
  const raw: string[] = [];
  const log = createLogger({ level }, { process: 'test' }, { write: (line: string) => void raw.push(line) });
  return { log, raw, lines: () => raw.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

it('writes one JSON object a line, with the process and the time in words', () => {
  const { log, raw, lines } = written();
  log.info({ jobId: 'call-1' }, 'job ran');
  expect(raw[0]?.trimEnd()).not.toContain('\n');
  expect(lines()).toMatchObject([{ process: 'test', jobId: 'call-1', msg: 'job ran', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) }]);
});

it('prints no personal data and no secrets, wherever they are hung', () => {
  const { log, raw } = written();
  const person = { name: 'Ann Other', phone: PHONE, email: 'ann@example.com', address: '1 Main St' };
  log.info({ ...person, password: 'hunter2' }, 'a');
  log.info({ customer: person, attempt: { to_number: PHONE } }, 'b');
  log.info({ delivery: { customer: person }, request: { headers: { authorization: 'Bearer secret-key', cookie: 'secret-key' } } }, 'c');
  log.child({ customer: person }).warn('d');
  const text = raw.join('');
  for (const secret of [PHONE, 'Ann Other', 'ann@example.com', '1 Main St', 'hunter2', 'secret-key']) expect(text).not.toContain(secret);
  expect(text).toContain('[redacted]');
});

it('prints of an error its words, its code and its cause’s words, and not what libraries hang on it', () => {
  const { log, raw, lines } = written();
  const cause = Object.assign(new Error('socket closed'), { body: PHONE });
  const error = Object.assign(new Error('unavailable', { cause }), {
    code: 'ECONNRESET',
    request: { to: PHONE },
    document: { phone: PHONE },
  });
  log.error({ err: error }, 'job failed');
  expect(lines()).toMatchObject([{ err: { code: 'ECONNRESET', message: 'unavailable: socket closed' } }]);
  expect(raw.join('')).not.toContain(PHONE);
});

it('prints of what is thrown and no error only what kind of thing it was', () => {
  const { log, raw, lines } = written();
  class Refusal {
    toJSON() {
      return { op: { phone: PHONE } };
    }
  }
  for (const err of [new Refusal(), { to: PHONE }, PHONE, null, undefined, Object.create(null) as object]) log.error({ err }, 'job failed');
  expect(raw.join('')).not.toContain(PHONE);
  expect(lines().map(({ err }) => (err as { type: string } | undefined)?.type)).toEqual([
    'Refusal',
    'Object',
    'string',
    'null',
    undefined,
    'object',
  ]);
});

it('prints of a duplicate key that there is one, and not which', () => {
  const { log, raw, lines } = written();
  const words = 'E11000 duplicate key error collection: d.agents index: phone_1 dup key: { phone: "+12025550123" }';
  log.error({ err: new Error('job failed', { cause: new Error(words) }) }, 'a');
  expect(lines()).toMatchObject([{ err: { message: expect.stringContaining('index: phone_1 dup key') } }]);
  expect(raw.join('')).not.toContain(PHONE);
});

it('keeps quiet below its level', () => {
  const { log, raw } = written('warn');
  log.info('a');
  log.warn('b');
  expect(raw).toHaveLength(1);
});
