import { encodeMp3 } from './mp3.ts';
import { encodeWav } from './wav.ts';

export type AudioFormat = 'mp3' | 'wav';

const MAX_KEPT = 100;

export interface Speech {
  audio: (text: string, format: AudioFormat) => Buffer;
}

/** Makes audio of texts when it is asked for, and keeps the last few. */
export const createSpeech = (): Speech => {
  const kept = new Map<string, Buffer>();
  return {
    audio: (text, format) => {
      const key = `${format} ${text}`;
      const made = kept.get(key) ?? (format === 'mp3' ? encodeMp3(text) : encodeWav(text));
      kept.set(key, made);
      const [oldest] = kept.keys();
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      return made;
    },
  };
};
