import { beforeEach, describe, expect, it } from 'vitest';
import { recordingSid } from '#test/support/fakes/telephony.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { analyseTranscript } from '#workers/ai-analysis.ts';
import { copyRecording } from '#workers/recording.ts';
import { transcribeRecording } from '#workers/transcription.ts';
import { choiceEvent, recordingDone, statusEvent } from '../a-call.ts';
import { sidOf, tellingIn } from './told.ts';

let world: World;
beforeEach(async () => {
  world = await setup();
});
const { tell, tellAll } = tellingIn(() => world);

describe('what a call calls for next', () => {
  it.each([
    ['before', true],
    ['after', false],
  ])('a recording that is announced %s the end is copied', async (_, before) => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await tell(choiceEvent(sid, '2'), attempt);
    await tellAll(
      before ? [recordingDone(sid), statusEvent(sid, 'completed', 3)] : [statusEvent(sid, 'completed', 3), recordingDone(sid)],
      attempt,
    );
    expect(await world.attemptNow(attempt)).toMatchObject({
      outcome: 'instructed',
      recording: { state: 'pending', sid: recordingSid(1), duration: 12 },
    });
    expect(world.producer.ids('recording')).toEqual([`recording-${attempt._id.toHexString()}`]);
  });

  it('a recording is expected as soon as the call is over, and found absent the driver is told to ask', async () => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await tellAll([choiceEvent(sid, '2'), statusEvent(sid, 'completed', 3)], attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'expected' } });
    await tell(recordingDone(sid, 'absent'), attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'absent' } });
    expect(await world.all('notifications')).toMatchObject([{ kind: 'instructions', body: expect.stringContaining('Please ask') }]);
  });

  it('a recording that turns up after it was found absent is copied all the same, and the driver gets the instructions', async () => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await tellAll([choiceEvent(sid, '2'), statusEvent(sid, 'completed', 3), recordingDone(sid, 'absent'), recordingDone(sid)], attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'pending', sid: recordingSid(1) } });

    world.telephony.media.set(recordingSid(1), { bytes: Buffer.from('audio'), contentType: 'audio/mpeg' });
    await copyRecording({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, world.deps, aJob());
    const recordingId = String((await world.all('recordings'))[0]?._id);
    await transcribeRecording({ recordingId, traceId: TRACE_ID }, world.deps, aJob());
    await analyseTranscript({ recordingId, traceId: TRACE_ID }, world.deps, aJob());
    const rows = await world.all('notifications');
    expect(rows.map(({ body }) => body as string).toSorted()).toEqual([
      expect.stringContaining('Leave it at the back door.'),
      expect.stringContaining('Please ask'),
    ]);
    expect(world.producer.ids('notification').toSorted()).toEqual(rows.map(({ _id }) => `notification-${String(_id)}`));
  });

  it.each(['stored', 'failed'] as const)('a recording that is %s is not copied again when more is reported', async (state) => {
    const attempt = await world.aCall();
    const sid = sidOf(attempt);
    await tellAll([choiceEvent(sid, '2'), recordingDone(sid)], attempt);
    await world.deps.attempts.recordingSettled(attempt._id, state);
    await tell(statusEvent(sid, 'completed', 3), attempt);
    expect(await world.attemptNow(attempt)).toMatchObject({ state: 'finished', recording: { state } });
  });
});
