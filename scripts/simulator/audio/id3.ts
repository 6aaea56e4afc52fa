const HEADER = 10;
const UTF_8 = 3;

/** ID3 writes lengths as four bytes of seven bits (id3.org, ID3v2.4.0 structure, 6.2). */
const syncsafe = (size: number): Buffer => Buffer.from([(size >> 21) & 127, (size >> 14) & 127, (size >> 7) & 127, size & 127]);
const fromSyncsafe = (bytes: Buffer): number => bytes.reduce((size, byte) => (size << 7) | (byte & 127), 0);

/** An ID3v2.4 tag with one COMM frame. */
export const id3Comment = (text: string): Buffer => {
  const body = Buffer.concat([Buffer.from([UTF_8]), Buffer.from('eng\0', 'latin1'), Buffer.from(text, 'utf8')]);
  const frame = Buffer.concat([Buffer.from('COMM', 'latin1'), syncsafe(body.length), Buffer.alloc(2), body]);
  return Buffer.concat([Buffer.from('ID3', 'latin1'), Buffer.from([4, 0, 0]), syncsafe(frame.length), frame]);
};

/** The comment of a tag as above, and where the audio begins; null where the bytes hold no whole tag. */
export const readId3Comment = (bytes: Buffer): { text: string; audioAt: number } | null => {
  if (bytes.length < 2 * HEADER || bytes.toString('latin1', 0, 3) !== 'ID3' || bytes.toString('latin1', HEADER, HEADER + 4) !== 'COMM')
    return null;
  const audioAt = HEADER + fromSyncsafe(bytes.subarray(6, 10));
  if (bytes.length < audioAt) return null;
  const size = fromSyncsafe(bytes.subarray(HEADER + 4, HEADER + 8));
  const body = bytes.subarray(2 * HEADER, 2 * HEADER + size);
  return { text: body.toString('utf8', 5), audioAt };
};
