import { beforeEach, describe, expect, it } from 'vitest';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import { SECOND } from '#src/platform/time.ts';
import { PermanentlyRefused, ProviderDown, ProviderMisconfigured, RateLimited, RecordingUnusable } from '#src/providers/errors.ts';
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

it('row 21: makes one document and one object, however many run at once', async () => {
  await Promise.all(Array.from({ length: 5 }, () => copy()));
  expect(await world.all('recordings')).toHaveLength(1);
  expect(world.recordingStore.objects.size).toBe(1);
  expect(await copy()).toMatchObject({ kind: 'skipped' });
});

it('row 4: a run that slept in its upload stores the same object again; its word is refused and counted', async () => {
  const { store } = world.recordingStore;
  world.deps.recordingStore = {
    ...world.recordingStore,
    store: async (object, signal) => {
      const stored = await store(object, signal);
      await world.deps.attempts.recordingSettled(attempt._id, 'stored');
      return stored;
    },
  };
  await copy();
  expect(world.recordingStore.objects.size).toBe(1);
  expect((await world.deps.metrics.fencedWrites.get()).values).toContainEqual({ labels: { write: 'recording' }, value: 1 });
});

describe('row 4: a run that stood still between the download and the upload', () => {
  let uploads: number;
  beforeEach(() => {
    uploads = 0;
    const { store } = world.recordingStore;
    world.deps.recordingStore = {
      ...world.recordingStore,
      store: async (...request) => {
        uploads += 1;
        return store(...request);
      },
    };
  });
  const asleep = async (meanwhile: () => Promise<unknown>) => {
    const fetchRecording: typeof world.telephony.fetchRecording = async (...request) => {
      const media = await world.telephony.fetchRecording(...request);
      await meanwhile();
      return media;
    };
    const deps = { ...world.deps, telephony: { ...world.telephony, fetchRecording } };
    return copyRecording({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, deps, aJob());
  };

  it('uploads nothing when another run has stored it meanwhile, which is counted', async () => {
    expect(await asleep(() => copy())).toMatchObject({ kind: 'skipped' });
    expect(uploads).toBe(1);
    const { values } = await world.deps.metrics.fencedWrites.get();
    expect(values).toContainEqual({ labels: { write: 'upload' }, value: 1 });
  });

  it('nor when it slept while it asked', async () => {
    const { find } = world.deps.attempts;
    let asked = 0;
    world.deps.attempts = {
      ...world.deps.attempts,
      find: async (id) => {
        const found = await find(id);
        if ((asked += 1) === 2) world.time.advance(6 * SECOND);
        return found;
      },
    };
    expect(await copy()).toMatchObject({ kind: 'snoozed' });
    expect(uploads).toBe(0);
    expect(await copy()).toEqual({ kind: 'done' });
  });

  it('uploads it when another run has given up meanwhile', async () => {
    expect(await asleep(() => world.deps.attempts.recordingSettled(attempt._id, 'failed', 'given up'))).toEqual({ kind: 'done' });
    expect(uploads).toBe(1);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'stored' } });
  });
});

it('row 20: fetches by the SID that the call has, and no other, and says how long it must be', async () => {
  const seconds: unknown[] = [];
  const { fetchRecording } = world.telephony;
  world.deps.telephony = {
    ...world.telephony,
    fetchRecording: (sid, options) => {
      seconds.push(options.seconds);
      return fetchRecording(sid, options);
    },
  };
  await copy();
  expect(seconds).toEqual([12]);
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

it.each(['empty', 'wrong-type', 'too-large', 'truncated', 'redirected'] as const)(
  'row 20: audio that stays unusable is tried again, then failed with what is wrong with it: %s',
  async (reason) => {
    const fetchRecording = () => Promise.reject(new RecordingUnusable('telephony', reason));
    const deps = { ...world.deps, telephony: { ...world.telephony, fetchRecording } };
    const run = (lastAttempt: boolean) =>
      copyRecording({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, deps, aJob({ lastAttempt }));
    await expect(run(false)).rejects.toThrow(reason);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'pending' } });
    await expect(run(true)).rejects.toThrow(reason);
    expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'failed', error: expect.stringContaining(reason) } });
    expect(world.recordingStore.objects.size).toBe(0);
    expect(await world.all('notifications')).toMatchObject([{ body: expect.stringContaining('Please ask') }]);
  },
);

it('row 21: what the store will always refuse is given up at once', async () => {
  world.recordingStore.failure = new PermanentlyRefused('recordings', 'KeyTooLongError');
  expect(await copy()).toMatchObject({ kind: 'rejected' });
  expect(await world.attemptNow(attempt)).toMatchObject({ recording: { state: 'failed' } });
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
