import { methodOf, numberOf, resolve } from './attributes.ts';
import type { Follow } from './prompts.ts';
import { prompts } from './prompts.ts';
import type { Scene } from './scene.ts';
import { on } from './scene.ts';
import type { Verb } from './twiml.ts';
import { ApplicationError } from './twiml.ts';

/** What of the pressed keys counts: up to the finishing key, no more than asked for. */
const accept = (pressed: string, finishOnKey: string, numDigits: number): { digits: string; finished: boolean } => {
  const end = [...pressed].findIndex((key) => finishOnKey.includes(key));
  const digits = (end === -1 ? pressed : pressed.slice(0, end)).slice(0, numDigits);
  return { digits, finished: end !== -1 || digits.length === numDigits };
};

const playPrompt = async (verb: Verb, scene: Scene): Promise<void> => {
  for (const child of verb.children) {
    const prompt = prompts[child.name];
    if (!prompt) throw new ApplicationError(12200, `Schema validation: ${child.name} may not stand in Gather`);
    await prompt(child, scene);
  }
};

/** The keys that came in time; an empty string for none. */
const waitForKeys = async (verb: Verb, scene: Scene): Promise<string> => {
  const { finishOnKey = '#', input = 'dtmf' } = verb.attributes;
  const timeoutMs = numberOf(verb, 'timeout', 5) * 1000;
  const pressed = input.includes('dtmf') ? scene.person.press(scene.prompts) : '';
  scene.prompts += 1;
  if (pressed === '' || scene.person.reactionMs > timeoutMs) {
    await scene.timeline.elapse(timeoutMs);
    return '';
  }
  await scene.timeline.elapse(scene.person.reactionMs);
  scene.note('pressed', { digits: pressed });
  const { digits, finished } = accept(pressed, finishOnKey, numberOf(verb, 'numDigits', Infinity));
  if (!finished) await scene.timeline.elapse(timeoutMs); // more might come
  return digits;
};

/**
 * Plays the prompt, then waits for keys: the action gets them as `Digits`; without any the call goes on with the next verb
 * (twilio.com/docs/voice/twiml/gather). Our people listen to the end before they press.
 */
export const gather: Follow = async (verb, scene) => {
  await playPrompt(verb, scene);
  const digits = await waitForKeys(verb, scene);
  const { action, method, actionOnEmptyResult } = verb.attributes;
  if (digits === '' && actionOnEmptyResult !== 'true') return on;
  const url = resolve(action ?? scene.documentUrl, scene);
  return { kind: 'fetch', url, method: methodOf(method), event: 'gather', params: { Digits: digits, msg: 'Gather End' } };
};
