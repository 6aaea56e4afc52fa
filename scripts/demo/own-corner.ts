import { randomBytes } from 'node:crypto';

/** A database and a queue prefix that no other run has: the servers may be the user's own. */
export function ownCorner(mongodbUri: string): { mongodbUri: string; queuePrefix: string } {
  const name = `delauto-demo-${randomBytes(4).toString('hex')}`;
  const [, server = mongodbUri, options = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(mongodbUri) ?? [];
  return { mongodbUri: `${server}/${name}${options}`, queuePrefix: name };
}
