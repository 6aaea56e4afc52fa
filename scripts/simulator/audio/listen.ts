import { readId3Comment } from './id3.ts';
import { FRAME_BYTES } from './mp3.ts';
import { FRAMES_PER_WORD, SAMPLE_RATE, WORD_MS, WORD_SAMPLES, wordsOf } from './tones.ts';

export interface Heard {
  text: string;
  seconds: number;
}

/** Only so many words as there is sound for: a file that was cut off is understood as far as it goes. */
const within = (text: string, words: number): Heard => {
  const heard = wordsOf(text).slice(0, words);
  return { text: heard.length === wordsOf(text).length ? text : heard.join(' '), seconds: (words * WORD_MS) / 1000 };
};

const listenToMp3 = (bytes: Buffer): Heard | null => {
  const tag = readId3Comment(bytes);
  return tag && within(tag.text, Math.floor((bytes.length - tag.audioAt) / (FRAME_BYTES * FRAMES_PER_WORD)));
};

const listenToWav = (bytes: Buffer): Heard | null => {
  let text = '';
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const body = bytes.subarray(at + 8, at + 8 + size);
    if (id === 'LIST' && body.toString('latin1', 0, 8) === 'INFOICMT') {
      text = body.toString('utf8', 12, 12 + body.readUInt32LE(8)).replace(/\0+$/, '');
    }
    if (id === 'data') return within(text, Math.floor(body.length / 2 / WORD_SAMPLES));
    at += 8 + size + (size % 2);
  }
  return null;
};

const silence = (bytes: Buffer, bytesPerSecond: number): Heard => ({ text: '', seconds: bytes.length / bytesPerSecond });

/** What a recording says, from its bytes alone; silence for audio that this simulator did not make, null for bytes that are no audio. */
export const listen = (bytes: Buffer): Heard | null => {
  const magic = bytes.toString('latin1', 0, 4);
  if (magic === 'RIFF') return listenToWav(bytes);
  if (magic.startsWith('ID3')) return listenToMp3(bytes);
  if (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0) return silence(bytes, 2000);
  return magic === 'OggS' || magic === 'fLaC' ? silence(bytes, SAMPLE_RATE) : null;
};
