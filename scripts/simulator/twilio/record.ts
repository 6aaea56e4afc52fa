import { speechMs, WORD_MS, wordsOf } from '../audio/tones.ts';
import type { Person } from '../person.ts';
import { methodOf, numberOf, resolve } from './attributes.ts';
import type { Follow } from './prompts.ts';
import type { RecordingRequest, Scene } from './scene.ts';
import { on } from './scene.ts';
import type { Verb } from './twiml.ts';

type Speech = NonNullable<ReturnType<Person['speak']>>;

const requestOf = ({ attributes }: Verb, scene: Scene): RecordingRequest => {
  const { recordingStatusCallback, recordingStatusCallbackMethod, recordingStatusCallbackEvent = 'completed' } = attributes;
  return {
    callbackUrl: recordingStatusCallback === undefined ? null : resolve(recordingStatusCallback, scene),
    callbackMethod: methodOf(recordingStatusCallbackMethod),
    callbackEvents: new Set(recordingStatusCallbackEvent.split(/[\s,]+/)),
  };
};

/** What was said of a text after so long. */
const saidWithin = (text: string, ms: number): string =>
  ms >= speechMs(text)
    ? text
    : wordsOf(text)
        .slice(0, Math.floor(ms / WORD_MS))
        .join(' ');

/** Lets the person talk; `whole` is false where the longest time allowed cut them off. Also a call that ends meanwhile leaves what was said so far. */
const talk = async (verb: Verb, scene: Scene, speech: Speech, endsByPause: boolean) => {
  const { timeline } = scene;
  const limitMs = numberOf(verb, 'maxLength', 3600) * 1000;
  const silenceMs = endsByPause ? numberOf(verb, 'timeout', 5) * 1000 : 0;
  const tape = scene.startTape(requestOf(verb, scene));
  const began = timeline.now();
  let params: Record<string, string> | null = null;
  try {
    await timeline.elapse(Math.min(speechMs(speech.text) + silenceMs, limitMs));
  } finally {
    const text = saidWithin(speech.text, timeline.now() - began);
    scene.note('spoke', { text, language: speech.language });
    params = tape.finish(text, speech.language);
  }
  return { params, whole: speechMs(speech.text) <= limitMs };
};

/** Nothing is said: the recording is absent, and the call goes on. */
const listenToSilence = async (verb: Verb, scene: Scene): Promise<void> => {
  const tape = scene.startTape(requestOf(verb, scene));
  try {
    await scene.timeline.elapse(numberOf(verb, 'timeout', 5) * 1000);
  } finally {
    tape.finish('', 'en');
  }
};

/**
 * Records what the person says until a pause, a key, the longest time allowed, or the end of the call. The action is told at once; the recording
 * can be fetched a little later. Silence is no recording: the call goes on with the next verb (twilio.com/docs/voice/twiml/record).
 */
export const record: Follow = async (verb, scene) => {
  const { action, method, finishOnKey = '1234567890*#', playBeep = 'true' } = verb.attributes;
  if (playBeep !== 'false') await scene.timeline.elapse(500);
  const speech = scene.person.speak(scene.language);
  if (!speech) {
    await listenToSilence(verb, scene);
    return on;
  }

  const key = finishOnKey.includes('#') ? '#' : finishOnKey.slice(0, 1);
  const endsBy = scene.person.endsBy === 'key' && key === '' ? 'pause' : scene.person.endsBy;
  const { params, whole } = await talk(verb, scene, speech, endsBy === 'pause');
  if (!params) return on;
  const url = resolve(action ?? scene.documentUrl, scene);
  const next = { kind: 'fetch', url, method: methodOf(method), event: 'record' } as const;
  if (whole && endsBy === 'hangup') return { ...next, params: { ...params, Digits: 'hangup', CallStatus: 'completed' }, goodbye: true };
  if (whole && endsBy === 'key') {
    scene.note('pressed', { digits: key });
    return { ...next, params: { ...params, Digits: key } };
  }
  return { ...next, params: { ...params, Digits: '' } };
};
