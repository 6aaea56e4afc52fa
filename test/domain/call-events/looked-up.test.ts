import { expect, it } from 'vitest';
import { lookupEvent } from '#src/domain/call-events/lookup-event.ts';
import { projectCall } from '#src/domain/call-events/project-call.ts';
import { recordingEvent } from '#src/domain/call-events/recording-event.ts';
import { choice, completed, secondsIn } from './an-event.ts';

const CALL_SID = completed.callSid;
const NOW = secondsIn(600);

it('ends a call of which no callback came', () => {
  const event = lookupEvent({ callSid: CALL_SID, status: 'no-answer', endTime: secondsIn(30), durationSeconds: 0 }, NOW);
  expect(projectCall([event], NOW)).toMatchObject({ callSid: CALL_SID, status: 'no-answer', outcome: 'no_answer', endTime: secondsIn(30) });
});

it('is the same event as long as the call stands the same', () => {
  const asked = (status: string, at: Date) => lookupEvent({ callSid: CALL_SID, status }, at).id;
  expect(asked('ringing', NOW)).toBe(asked('ringing', secondsIn(700)));
  expect(asked('ringing', NOW)).not.toBe(asked('completed', NOW));
});

it('takes a word that is new for a call that exists', () => {
  expect(projectCall([lookupEvent({ callSid: CALL_SID, status: 'pondering' }, NOW)], NOW)).toMatchObject({
    status: 'queued',
    attemptState: 'submitted',
  });
});

it('finds the recording that was not announced, or that there is none', () => {
  const call = [choice('2'), completed];
  const found = recordingEvent(CALL_SID, { recordingSid: 'RE1', status: 'completed', durationSeconds: 9 }, NOW);
  expect(projectCall([...call, found], NOW).recording).toEqual({ sid: 'RE1', state: 'pending', durationSeconds: 9 });
  const unfinished = recordingEvent(CALL_SID, { recordingSid: 'RE1', status: 'processing' }, NOW);
  expect(projectCall([...call, unfinished], NOW).recording).toEqual({ state: 'expected' });
  expect(projectCall([...call, recordingEvent(CALL_SID, null, NOW)], NOW).recording).toEqual({ state: 'absent' });
});
