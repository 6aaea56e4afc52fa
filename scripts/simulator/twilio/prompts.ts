import { speechMs } from '../audio/tones.ts';
import { numberOf } from './attributes.ts';
import type { Next, Scene } from './scene.ts';
import { on } from './scene.ts';
import type { Verb } from './twiml.ts';

export type Follow = (verb: Verb, scene: Scene) => Promise<Next>;

/** How long any file lasts that <Play> plays: it is not fetched. */
const PLAY_MS = 3000;

const say: Follow = async (verb, scene) => {
  const { language } = verb.attributes;
  if (language !== undefined) scene.language = language.toLowerCase().startsWith('es') ? 'es' : 'en';
  const times = Math.min(numberOf(verb, 'loop', 1), 100);
  scene.note('heard', { text: verb.text, language: language ?? 'en-US' });
  await scene.timeline.elapse(speechMs(verb.text) * times);
  return on;
};

const play: Follow = async (verb, scene) => {
  scene.note('heard', { play: verb.text });
  await scene.timeline.elapse(PLAY_MS);
  return on;
};

const pause: Follow = async (verb, scene) => {
  await scene.timeline.elapse(numberOf(verb, 'length', 1) * 1000);
  return on;
};

/** The verbs that may also stand inside <Gather>. */
export const prompts: Readonly<Record<string, Follow>> = { Say: say, Play: play, Pause: pause };
