import { describe, expect, it } from 'vitest';

import { listen } from '#scripts/simulator/audio/listen.ts';
import { encodeMp3 } from '#scripts/simulator/audio/mp3.ts';
import { encodeWav } from '#scripts/simulator/audio/wav.ts';

const TEXT = 'El código de la puerta es 4312, ¡gracias!';

describe.each([
  ['MP3', encodeMp3],
  ['WAV', encodeWav],
])('%s', (_name, encode) => {
  it('says what was said, for as long as it takes', () => {
    expect(listen(encode(TEXT))).toEqual({ text: TEXT, seconds: 8 * 0.36 });
  });

  it('is understood as far as it goes when it was cut off', () => {
    const whole = encode(TEXT);
    expect(listen(whole.subarray(0, whole.length / 2))?.text).toMatch(/^El código de( la)?$/);
  });

  it('differs where what was said differs', () => {
    expect(encode('one two').equals(encode('one three'))).toBe(false);
  });
});

it('has frames that a player finds: each starts with a sync word', () => {
  const audio = encodeMp3('one two three').subarray(-15 * 144);
  const heads = Array.from({ length: 15 }, (_, n) => audio.readUInt16BE(n * 144) & 0xffe0);
  expect(new Set(heads)).toEqual(new Set([0xffe0]));
});

it('is not what anything else is', () => {
  expect(listen(Buffer.from('<!DOCTYPE html>'))).toBeNull();
  expect(listen(Buffer.alloc(0))).toBeNull();
});
