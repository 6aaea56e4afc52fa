import { describe, expect, it } from 'vitest';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import { amd, answered, choice, completed, recording, secondsIn, status } from './an-event.ts';

const LATER = secondsIn(600);
const over = [...answered, completed];

describe('the outcome', () => {
  it.each([
    ['1', 'confirmed'],
    ['2', 'instructed'],
    ['3', 'reschedule_requested'],
    ['9', 'opted_out'],
  ])('of key %s is %s', (digits, outcome) => {
    expect(projectCall([...over, choice(digits)], LATER)).toMatchObject({ choice: digits, outcome });
  });

  it.each(['0', '4', '12', '#', '', ' 1'])('is not by a key that is not in the menu: %j', (digits) => {
    const projection = projectCall([...over, choice(digits), amd('human')], LATER);
    expect(projection).not.toHaveProperty('choice');
    expect(projection.outcome).toBe('hung_up');
  });

  it.each([
    ['busy', 'busy'],
    ['no-answer', 'no_answer'],
    ['failed', 'failed'],
    ['canceled', 'canceled'],
  ] as const)('of a call that is %s is %s', (word, outcome) => {
    expect(projectCall([status(word)], LATER)).toMatchObject({ outcome });
  });

  it('of a call that failed is what its code means, and no code of a call that did not fail matters', () => {
    const meaningOfCode = (code: string) => (code === '13224' ? ('undialable' as const) : undefined);
    const outcomeOf = (word: 'failed' | 'busy', errorCode: string) =>
      projectCall([status(word, { errorCode })], LATER, { meaningOfCode }).outcome;
    expect([outcomeOf('failed', '13224'), outcomeOf('failed', '1'), outcomeOf('busy', '13224')]).toEqual(['undialable', 'failed', 'busy']);
  });

  it.each(['machine_start', 'machine_end_beep', 'machine_end_silence', 'machine_end_other', 'fax'])('of %s is voicemail', (answeredBy) => {
    expect(projectCall([...over, amd(answeredBy)], secondsIn(41)).outcome).toBe('voicemail');
  });

  it.each(['human', 'unknown'])('of %s without a key is hung_up', (answeredBy) => {
    expect(projectCall([...over, amd(answeredBy)], LATER).outcome).toBe('hung_up');
  });

  it('is by the key where a machine is said to have pressed it', () => {
    expect(projectCall([...over, amd('machine_start'), choice('1')], LATER)).toMatchObject({
      outcome: 'confirmed',
      answeredBy: 'machine_start',
    });
  });

  it('is opted_out whatever else was pressed, and else the stronger key', () => {
    expect(projectCall([...over, choice('9', 10), choice('1', 20)], LATER).outcome).toBe('opted_out');
    expect(projectCall([...over, choice('3', 10), choice('2', 20)], LATER).outcome).toBe('reschedule_requested');
  });

  it('is open while the call lasts, though the key is known', () => {
    const projection = projectCall([...answered, choice('1')], LATER);
    expect(projection).toMatchObject({ attemptState: 'in_progress', choice: '1' });
    expect(projection).not.toHaveProperty('outcome');
  });
});

describe('who answered', () => {
  it('is waited for until ten seconds after the end, then it was a person who hung up', () => {
    const waiting = projectCall(over, secondsIn(49.999));
    expect(waiting).toMatchObject({ attemptState: 'finished', settleAt: secondsIn(50) });
    expect(waiting).not.toHaveProperty('outcome');
    const settled = projectCall(over, secondsIn(50));
    expect(settled.outcome).toBe('hung_up');
    expect(settled).not.toHaveProperty('settleAt');
  });

  it('is waited for as long as is asked', () => {
    expect(projectCall(over, secondsIn(41), { graceMs: 2000 }).settleAt).toEqual(secondsIn(42));
    expect(projectCall(over, secondsIn(41), { graceMs: 0 }).outcome).toBe('hung_up');
  });

  it('is not waited for when a key was pressed', () => {
    expect(projectCall([...over, choice('1')], secondsIn(40)).outcome).toBe('confirmed');
  });

  it('is taken from the report of the call where the detection stays silent', () => {
    expect(projectCall([...answered, status('completed', { sequence: 3, at: 40, answeredBy: 'machine_start' })], LATER)).toMatchObject({
      answeredBy: 'machine_start',
      outcome: 'voicemail',
    });
  });
});

describe('a key', () => {
  it('is waited for as long, though it is known that a person answered', () => {
    const human = [...over, amd('human')];
    expect(projectCall(human, secondsIn(49.999))).toMatchObject({ attemptState: 'finished', settleAt: secondsIn(50) });
    expect(projectCall([...human, choice('1')], secondsIn(49)).outcome).toBe('confirmed');
    expect(projectCall(human, secondsIn(50)).outcome).toBe('hung_up');
  });

  it('is not waited for where a machine answered', () => {
    expect(projectCall([...over, amd('machine_end_beep')], secondsIn(41)).outcome).toBe('voicemail');
  });
});

describe('the recording', () => {
  const left = [...answered, choice('2')];

  it('is expected when key 2 was pressed and the call is over', () => {
    expect(projectCall(left, LATER)).not.toHaveProperty('recording');
    expect(projectCall([...left, completed], LATER).recording).toEqual({ state: 'expected' });
    expect(projectCall([...answered, choice('1'), completed], LATER)).not.toHaveProperty('recording');
  });

  it('is pending once it is announced, before and after the end of the call', () => {
    const announced = recording('completed', { recordingSid: 'RE1', durationSeconds: 12 });
    const pending = { sid: 'RE1', state: 'pending', durationSeconds: 12 };
    expect(projectCall([...left, announced], LATER).recording).toEqual(pending);
    expect(projectCall([...left, completed, recording('in-progress', { recordingSid: 'RE1' }), announced], LATER).recording).toEqual(
      pending,
    );
  });

  it('is absent when Twilio says so, unless it has one all the same', () => {
    const absent = recording('absent');
    expect(projectCall([...left, completed, absent], LATER).recording).toEqual({ state: 'absent' });
    const announced = recording('completed', { recordingSid: 'RE1', durationSeconds: 12 });
    expect(projectCall([...left, completed, absent, announced], LATER).recording).toMatchObject({ state: 'pending' });
  });

  it('is the longest of several', () => {
    const short = recording('completed', { recordingSid: 'RE1', durationSeconds: 2 });
    const long = recording('completed', { recordingSid: 'RE2', durationSeconds: 30 });
    expect(projectCall([...left, completed, short, long], LATER).recording).toMatchObject({ sid: 'RE2' });
  });
});
