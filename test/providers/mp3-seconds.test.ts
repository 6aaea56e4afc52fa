import { expect, it } from 'vitest';
import { mp3Seconds } from '#src/providers/mp3-seconds.ts';

/** One frame with nothing in it: version, layer III, 32 kbit/s and the like, by its header. */
const frame = (header: number, bytes: number) => {
  const made = Buffer.alloc(bytes);
  made.writeUInt32BE(header);
  return made;
};
const frames = (count: number, header: number, bytes: number) => Buffer.concat(Array.from({ length: count }, () => frame(header, bytes)));
const MPEG1_128K_44100 = [0xfffb9000, 417] as const;
const MPEG2_32K_22050 = [0xfff34000, 104] as const;
const TAG = Buffer.concat([Buffer.from('ID3\u0004\u0000\u0000\u0000\u0000\u0001\u0000', 'latin1'), Buffer.alloc(128)]);

it.each([
  ['MPEG 1', frames(100, ...MPEG1_128K_44100), (100 * 1152) / 44_100],
  ['MPEG 2, as Twilio sends it', frames(100, ...MPEG2_32K_22050), (99 * 576) / 22_050],
  ['with a tag before it', Buffer.concat([TAG, frames(100, ...MPEG1_128K_44100)]), (100 * 1152) / 44_100],
  ['with a tag behind it', Buffer.concat([frames(100, ...MPEG1_128K_44100), Buffer.alloc(128)]), (100 * 1152) / 44_100],
  ['that breaks off', frames(100, ...MPEG1_128K_44100).subarray(0, 417 * 50 + 200), (50 * 1152) / 44_100],
])('counts the frames of an MP3 %s', (_, bytes, seconds) => {
  expect(mp3Seconds(bytes)).toBeCloseTo(seconds, 5);
});

it.each([
  ['of no MP3', Buffer.from('<html>')],
  ['of nothing', Buffer.alloc(0)],
  ['of a tag alone', TAG],
  [
    'where something unknown stands between frames',
    Buffer.concat([frames(5, ...MPEG1_128K_44100), Buffer.alloc(500), frames(5, ...MPEG1_128K_44100)]),
  ],
])('says nothing %s', (_, bytes) => {
  expect(mp3Seconds(bytes)).toBeNull();
});
