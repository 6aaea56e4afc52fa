import { Mp3Encoder } from '@breezystack/lamejs';

import { id3Comment } from './id3.ts';
import { FRAMES_PER_WORD, pitchOf, SAMPLE_RATE, tone, wordsOf } from './tones.ts';

const KILOBITS = 16;
/** An MPEG-2.5 layer III frame: 72 × bit rate ÷ sample rate. */
export const FRAME_BYTES = (72 * KILOBITS * 1000) / SAMPLE_RATE;
const WORD_BYTES = FRAME_BYTES * FRAMES_PER_WORD;

const encoded = new Map<number, Buffer>();

/** The encoder's bytes come as signed ones, whatever its types say. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** Each tone is encoded once, from an encoder's first frame on: such pieces refer to nothing before them, so they can be joined in any order. */
const piece = (pitch: number): Buffer => {
  const known = encoded.get(pitch);
  if (known) return known;
  const encoder = new Mp3Encoder(1, SAMPLE_RATE, KILOBITS);
  const made = Buffer.concat([bytesOf(encoder.encodeBuffer(tone(pitch))), bytesOf(encoder.flush())]).subarray(0, WORD_BYTES);
  encoded.set(pitch, made);
  return made;
};

/** A playable MP3 (8 kHz, mono, 16 kbit/s), a tone for each word; what was said stands in its ID3v2 comment. */
export const encodeMp3 = (text: string): Buffer => Buffer.concat([id3Comment(text), ...wordsOf(text).map((word) => piece(pitchOf(word)))]);
