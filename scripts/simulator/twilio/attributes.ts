import type { Method } from './exchange.ts';
import type { Scene } from './scene.ts';
import type { Verb } from './twiml.ts';
import { ApplicationError } from './twiml.ts';

export const methodOf = (text: string | undefined): Method => (text?.toUpperCase() === 'GET' ? 'GET' : 'POST');

/** An address in a document, which may be relative to it. */
export const resolve = (url: string, scene: Scene): string => {
  const absolute = URL.parse(url.trim(), scene.documentUrl);
  if (!absolute) throw new ApplicationError(11100, `Invalid URL format: ${url}`);
  return absolute.href;
};

/** A number attribute, in seconds or a count. */
export const numberOf = (verb: Verb, name: string, fallback: number): number => {
  const text = verb.attributes[name];
  if (text === undefined || text === 'auto') return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new ApplicationError(12200, `Schema validation: ${verb.name} ${name}="${text}"`);
  return value;
};
