import type { ECDH } from 'node:crypto';
import { createDecipheriv, hkdfSync } from 'node:crypto';

const TAG_BYTES = 16;
/** salt (16), record size (4), length of the key id (1): RFC 8188, section 2.1. */
const HEADER_BYTES = 21;

const derive = (secret: Buffer, salt: Buffer, info: Buffer, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, bytes));

/**
 * Opens a web-push message (RFC 8291: aes128gcm, one record) with the subscription's own keys. Throws on anything that was not encrypted for them.
 */
export const decryptPush = (body: Buffer, keys: ECDH, auth: Buffer): string => {
  const salt = body.subarray(0, 16);
  const senderKey = body.subarray(HEADER_BYTES, HEADER_BYTES + body.readUInt8(20));
  const sealed = body.subarray(HEADER_BYTES + senderKey.length);

  const info = Buffer.concat([Buffer.from('WebPush: info\0'), keys.getPublicKey(), senderKey]);
  const material = derive(keys.computeSecret(senderKey), auth, info, 32);
  const contentKey = derive(material, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(material, salt, Buffer.from('Content-Encoding: nonce\0'), 12);

  const decipher = createDecipheriv('aes-128-gcm', contentKey, nonce);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  // Padding is a 2 after the last record's text, then zeros.
  return padded.subarray(0, padded.lastIndexOf(2)).toString('utf8');
};
