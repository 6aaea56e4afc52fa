import { hash, verify } from '@node-rs/argon2';

// argon2id (the library's default), with what OWASP's password storage sheet asks at least: 19 MiB, two passes, one lane.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export async function hashPassword(password: string): Promise<string> {
  return hash(password, PARAMETERS);
}

/** Where nobody has that e-mail, as much work is done as where somebody has it: the time must not tell. */
const nobody = hashPassword('no password at all: compared with, never matched');

/** False as well where there is no hash, or one that is not argon2's. */
export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  try {
    const matches = await verify(stored ?? (await nobody), password);
    return matches && stored !== undefined;
  } catch {
    return false;
  }
}
