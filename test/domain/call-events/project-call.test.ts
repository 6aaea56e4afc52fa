import { describe, expect, it } from 'vitest';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import { amd, answered, choice, completed, lookup, secondsIn, status } from './an-event.ts';

const LATER = secondsIn(600);

describe('the status of a call', () => {
  it('is queued while nothing is known', () => {
    expect(projectCall([], LATER)).toEqual({ callSid: '', status: 'queued', attemptState: 'submitted', webhookEvents: [], eventCount: 0 });
  });

  it.each([
    ['queued', 'queued', 'submitted'],
    ['initiated', 'queued', 'submitted'],
    ['ringing', 'ringing', 'submitted'],
    ['in-progress', 'in-progress', 'in_progress'],
    ['completed', 'completed', 'finished'],
    ['busy', 'busy', 'finished'],
    ['no-answer', 'no-answer', 'finished'],
    ['failed', 'failed', 'finished'],
    ['canceled', 'canceled', 'finished'],
  ] as const)('%s is stored as %s, the attempt is %s', (word, stored, attemptState) => {
    expect(projectCall([status(word)], LATER)).toMatchObject({ status: stored, attemptState });
  });

  it('does not go back when a callback is late', () => {
    expect(projectCall([completed, ...answered], LATER).status).toBe('completed');
    expect(projectCall([status('ringing', { at: 9, sequence: 9 }), ...answered], LATER).status).toBe('in-progress');
  });

  it('is by the callback where a look-up says otherwise', () => {
    expect(projectCall([lookup('failed', { at: 1 }), status('busy', { at: 5, sequence: 3 })], LATER).status).toBe('busy');
    expect(projectCall([lookup('failed', { at: 1 }), status('busy', { at: 5 })], LATER).status).toBe('busy');
  });

  it('is by the first callback where two tell of an end', () => {
    expect(projectCall([status('busy', { sequence: 4 }), status('no-answer', { sequence: 3 })], LATER).status).toBe('no-answer');
  });

  it.each([choice('1'), amd('human')])('is in-progress when a key or a detection tells so, even if that report is lost', (event) => {
    expect(projectCall([status('ringing'), event], LATER)).toMatchObject({ status: 'in-progress', attemptState: 'in_progress' });
  });
});

describe('the times of a call', () => {
  it('are those of the reports', () => {
    expect(projectCall([...answered, completed], LATER)).toMatchObject({
      startTime: secondsIn(6),
      endTime: secondsIn(40),
      durationSeconds: 34,
    });
  });

  it('are better from Twilio itself', () => {
    const told = lookup('completed', { startTime: secondsIn(5), endTime: secondsIn(39), durationSeconds: 34 });
    expect(projectCall([...answered, status('completed', { sequence: 3, at: 41 }), told], LATER)).toMatchObject({
      startTime: secondsIn(5),
      endTime: secondsIn(39),
      durationSeconds: 34,
    });
  });

  it('begin so long before the end as it lasted, where nobody told of the answer', () => {
    expect(projectCall([completed], LATER).startTime).toEqual(secondsIn(6));
  });

  it('have no beginning where nobody answered', () => {
    expect(projectCall([status('busy', { at: 9, durationSeconds: 0 })], LATER)).not.toHaveProperty('startTime');
  });
});

describe('why a call failed', () => {
  it('is the code of Twilio, else of the telephone network', () => {
    expect(
      projectCall([status('failed', { errorCode: '13224', errorMessage: 'Invalid number', sipResponseCode: 404 })], LATER),
    ).toMatchObject({
      errorCode: '13224',
      errorMessage: 'Invalid number',
    });
    expect(projectCall([status('failed', { sipResponseCode: 404 })], LATER).errorCode).toBe('sip_404');
  });

  it('is not asked of a call that did not fail', () => {
    expect(projectCall([status('busy', { sipResponseCode: 486 })], LATER)).not.toHaveProperty('errorCode');
  });
});

describe('the list of events', () => {
  it('is in one order, each event once', () => {
    const list = projectCall([completed, ...answered, ...answered], LATER);
    expect(list.webhookEvents.map(({ data }) => (data as { status: string }).status)).toEqual([
      'initiated',
      'ringing',
      'in-progress',
      'completed',
    ]);
    expect(list.eventCount).toBe(4);
  });

  it('keeps the last 50 and counts all', () => {
    const many = Array.from({ length: 60 }, (_, n) => status('ringing', { sequence: n, at: n }));
    const { webhookEvents, eventCount } = projectCall(many, LATER);
    expect(eventCount).toBe(60);
    expect(webhookEvents.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 50 }, (_, n) => secondsIn(n + 10)));
  });
});
