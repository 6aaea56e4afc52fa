/** Kilobits a second by the header's index, of layer III; 0 and 15 are no rates. */
const RATES_V1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const RATES_V2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/** Samples a second by the header's index, of MPEG 1; MPEG 2 has half of it, MPEG 2.5 a quarter. */
const SAMPLE_RATES = [44_100, 48_000, 32_000];

interface Frame {
  bytes: number;
  seconds: number;
}

/** The longest thing that may stand behind the last frame: an ID3v1 tag. */
const TRAILER_BYTES = 128;

/**
 * How long an MP3 plays, counted frame by frame; null where the bytes are none, or something unknown stands between frames. A last frame
 * that is cut counts for nothing.
 * http://www.mp3-tech.org/programmer/frame_header.html
 */
export function mp3Seconds(bytes: Buffer): number | null {
  let at = afterTag(bytes);
  if (!frameAt(bytes, at)) return null;
  let seconds = 0;
  while (bytes.length - at > TRAILER_BYTES) {
    const frame = frameAt(bytes, at);
    if (!frame) return null;
    at += frame.bytes;
    if (at <= bytes.length) seconds += frame.seconds;
  }
  return seconds;
}

/** An ID3v2 tag says its length in four bytes of seven bits. */
function afterTag(bytes: Buffer): number {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 3) !== 'ID3') return 0;
  return 10 + bytes.subarray(6, 10).reduce((size, byte) => (size << 7) | (byte & 127), 0);
}

function frameAt(bytes: Buffer, at: number): Frame | null {
  if (at + 4 > bytes.length) return null;
  const header = bytes.readUInt32BE(at);
  const version = (header >>> 19) & 3; // 0: MPEG 2.5, 1: none, 2: MPEG 2, 3: MPEG 1
  const isLayer3 = ((header >>> 17) & 3) === 1;
  const kilobits = (version === 3 ? RATES_V1 : RATES_V2)[(header >>> 12) & 15] ?? 0;
  const fullRate = SAMPLE_RATES[(header >>> 10) & 3];
  if (header >>> 21 !== 0x7ff || version === 1 || !isLayer3 || kilobits === 0 || fullRate === undefined) return null;
  const sampleRate = fullRate / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const samples = version === 3 ? 1152 : 576;
  const padding = (header >>> 9) & 1;
  return { bytes: Math.floor((samples / 8) * ((kilobits * 1000) / sampleRate)) + padding, seconds: samples / sampleRate };
}
