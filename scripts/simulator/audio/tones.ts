/** Samples a second; what telephony and Twilio's recordings use. */
export const SAMPLE_RATE = 8000;

/** An MPEG-2.5 layer III frame holds this many samples: 72 ms at 8 kHz. A word is five, so that WAV and MP3 last equally long. */
const FRAME_SAMPLES = 576;
export const FRAMES_PER_WORD = 5;
export const WORD_SAMPLES = FRAME_SAMPLES * FRAMES_PER_WORD;

/** How long a spoken word takes, 360 ms: also the pace of everything that is said in a call. */
export const WORD_MS = (WORD_SAMPLES / SAMPLE_RATE) * 1000;

export const PITCHES = 16;

export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** How long it takes to say a text. */
export const speechMs = (text: string): number => wordsOf(text).length * WORD_MS;

/** Which of the tones stands for a word. */
export const pitchOf = (word: string): number =>
  [...word].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521, 7) % PITCHES;

/** One word's worth of a soft tone with its overtone, fading in and out; 16-bit samples. */
export const tone = (pitch: number): Int16Array => {
  const hertz = 180 * 2 ** (pitch / 8);
  return Int16Array.from({ length: WORD_SAMPLES }, (_, i) => {
    const envelope = Math.sin((Math.PI * i) / WORD_SAMPLES) ** 0.5;
    const phase = (2 * Math.PI * hertz * i) / SAMPLE_RATE;
    return Math.round(9000 * envelope * (0.8 * Math.sin(phase) + 0.2 * Math.sin(2 * phase)));
  });
};
