import { beforeEach, expect, it } from 'vitest';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { ProviderDown, ProviderMisconfigured, RateLimited } from '#src/providers/errors.ts';
import { recordingSid } from '#test/support/fakes/telephony.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { JobTooLong } from '#workers/job-signal.ts';
import type { RunContext } from '#workers/processor.ts';
import { copyRecording } from '#workers/recording.ts';

const SID = recordingSid(77);
const AUDIO = Buffer.from('what the customer said');
let world: World;
let attempt: CallAttemptDoc;
beforeEach(async () => {
  world = await setup();
  world.telephony.media.set(SID, { bytes: AUDIO, contentType: 'audio/mpeg' });
  attempt = await world.aCall({
    state: 'finished',
    outcome: 'instructed',
    priority: 'high',
    recording: { state: 'pending', sid: SID, duration: 12 },
  });
});

const copy = (context: Partial<RunContext> = {}) =>
  copyRecording({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, world.deps, aJob(context));
const aborted = (reason: Error) => {
  const controller = new AbortController();
  controller.abort(reason);
  return controller.signal;
};

it('copies the audio, then gives it a document, then hands it on', async () => {
  expect(await copy()).toEqual({ kind: 'done' });
  const key = `recordings/${attempt.delivery_id.toHexString()}/${SID}.mp3`;
  expect(world.recordingStore.objects.get(key)).toEqual(AUDIO);
  const [recording] = await world.all('recordings');
  expect(recording).toMatchObject({
    processing_status: 'pending',
    storage_key: key,
    duration: 12,
    file_size: AUDIO.length,
    recording_sid: SID,
  });
  expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'stored', sid: SID } });
  expect(await world.deliveryNow({ _id: attempt.delivery_id })).toMatchObject({ recording_id: recording?._id });
  expect(await world.all('calllogs')).toMatchObject([{ recording_url: recording?.['audio_url'], recording_duration: 12 }]);
  expect(world.producer.jobs).toMatchObject([{ id: `transcription-${String(recording?._id)}`, priority: 'high' }]);
});

it('makes one document and one object, however many run at once', async () => {
  await Promise.all(Array.from({ length: 5 }, () => copy()));
  expect(await world.all('recordings')).toHaveLength(1);
  expect(world.recordingStore.objects.size).toBe(1);
  expect(await copy()).toMatchObject({ kind: 'skipped' });
});

it('fetches by the SID that the call has, and no other', async () => {
  await copy();
  expect(world.telephony.fetched).toEqual([SID]);
});

it('tries again what Twilio has announced and cannot give yet', async () => {
  world.telephony.media.clear();
  await expect(copy()).rejects.toThrow('no such recording');
  expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'pending' } });
  world.telephony.media.set(SID, { bytes: AUDIO, contentType: 'audio/mpeg' });
  expect(await copy()).toEqual({ kind: 'done' });
});

it('when retries have run out the driver is told to ask, and the attempt says why', async () => {
  world.recordingStore.failure = new ProviderDown('recordings');
  await expect(copy({ lastAttempt: true })).rejects.toThrow('unavailable');
  expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'failed', error: expect.stringContaining('copied') } });
  expect(await world.all('notifications')).toMatchObject([{ kind: 'instructions', body: expect.stringContaining('Please ask') }]);
  expect(await world.all('recordings')).toEqual([]);
});

it('what was failed is copied once an operator replays it', async () => {
  world.recordingStore.failure = new ProviderDown('recordings');
  await expect(copy({ lastAttempt: true })).rejects.toThrow('unavailable');
  world.recordingStore.failure = undefined;
  expect(await copy({ lastAttempt: true })).toEqual({ kind: 'done' });
  const { recording } = await world.attemptNow(attempt);
  expect(recording).toEqual({ state: 'stored', sid: SID, duration: 12 });
  expect(world.producer.ids('transcription')).toHaveLength(1);
});

it('a replay that fails as well leaves it failed, and the driver is told once', async () => {
  world.recordingStore.failure = new ProviderDown('recordings');
  await expect(copy({ lastAttempt: true })).rejects.toThrow('unavailable');
  await expect(copy({ lastAttempt: true })).rejects.toThrow('unavailable');
  expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'failed', error: expect.stringContaining('copied') } });
  expect(await world.all('notifications')).toHaveLength(1);
});

it.each([new RateLimited('telephony', 1000), new ProviderMisconfigured('recordings')])(
  'an error that costs no attempt never gives up: %s',
  async (error) => {
    world.recordingStore.failure = error;
    await expect(copy({ lastAttempt: true })).rejects.toBe(error);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'pending' } });
    expect(await world.all('notifications')).toEqual([]);
  },
);

it('a deploy in the last attempt gives up nothing, a run that took too long does', async () => {
  world.recordingStore.failure = new ProviderDown('recordings');
  await expect(copy({ lastAttempt: true, signal: aborted(new Error('the grace period is over')) })).rejects.toThrow();
  expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'pending' } });
  await expect(copy({ lastAttempt: true, signal: aborted(new JobTooLong(1)) })).rejects.toThrow();
  expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'failed' } });
});
