import { pitchOf, SAMPLE_RATE, tone, wordsOf } from './tones.ts';

const chunk = (id: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
};

const format = (): Buffer => {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(1, 0); // PCM
  body.writeUInt16LE(1, 2); // mono
  body.writeUInt32LE(SAMPLE_RATE, 4);
  body.writeUInt32LE(SAMPLE_RATE * 2, 8);
  body.writeUInt16LE(2, 12);
  body.writeUInt16LE(16, 14);
  return chunk('fmt ', body);
};

const samples = (text: string): Buffer =>
  Buffer.concat(
    wordsOf(text).map((word) => {
      const { buffer, byteOffset, byteLength } = tone(pitchOf(word));
      return Buffer.from(buffer, byteOffset, byteLength);
    }),
  );

/** A playable RIFF WAVE file (8 kHz, mono, 16 bit), a tone for each word; what was said stands in its LIST/INFO comment (ICMT, UTF-8). */
export const encodeWav = (text: string): Buffer => {
  const comment = Buffer.concat([Buffer.from('INFO', 'latin1'), chunk('ICMT', Buffer.from(`${text}\0`, 'utf8'))]);
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE', 'latin1'), format(), chunk('LIST', comment), chunk('data', samples(text))]));
};
