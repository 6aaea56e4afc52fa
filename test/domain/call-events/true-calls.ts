import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { amdEventId } from '#src/domain/call-events/detection-event.ts';
import { amd as anAmd, answered, choice, completed, lookup, recording, status } from './an-event.ts';

/** As Twilio's own report and the one that closes the question share their id. */
const amd = (answeredBy: string): CallEvent => ({ ...anAmd(answeredBy), id: amdEventId(completed.callSid) });

const [initiated, ringing, inProgress] = answered as [CallEvent, CallEvent, CallEvent];
const message = recording('completed', { recordingSid: 'RE1', durationSeconds: 12 });
const ended = (word: 'busy' | 'no-answer' | 'failed' | 'canceled', more: { sipResponseCode?: number } = {}) =>
  status(word, { sequence: 2, at: 30, ...more });

/** All that Twilio tells of one call, look-ups that were made meanwhile included: in the order in which it happens. */
export const trueCalls: Readonly<Record<string, readonly CallEvent[]>> = {
  'left a message': [
    initiated,
    ringing,
    inProgress,
    amd('human'),
    choice('2'),
    recording('in-progress', { recordingSid: 'RE1' }),
    completed,
    message,
  ],
  confirmed: [initiated, ringing, lookup('ringing'), inProgress, amd('human'), choice('1'), completed],
  'changed their mind': [initiated, ringing, inProgress, choice('1'), choice('9'), completed, lookup('completed', { durationSeconds: 34 })],
  'hung up': [initiated, ringing, inProgress, amd('human'), lookup('in-progress'), completed],
  voicemail: [initiated, ringing, inProgress, amd('machine_start'), completed, lookup('completed', { answeredBy: 'machine_start' })],
  'no word who answered': [initiated, ringing, inProgress, completed],
  'recording without a message': [
    initiated,
    inProgress,
    amd('human'),
    choice('2'),
    completed,
    recording('absent', { recordingSid: 'RE1' }),
  ],
  busy: [initiated, lookup('queued'), ringing, ended('busy'), lookup('busy')],
  'no answer': [initiated, ringing, ended('no-answer', { sipResponseCode: 487 })],
  failed: [lookup('queued'), initiated, ended('failed', { sipResponseCode: 404 }), lookup('failed')],
  cancelled: [initiated, ringing, lookup('ringing'), ended('canceled')],
  'told of by look-ups alone': [lookup('queued'), lookup('in-progress'), lookup('completed', { durationSeconds: 34, answeredBy: 'human' })],
};
