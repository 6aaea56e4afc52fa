import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

/** An e-mail address as agents have it, in lower case; for commander. Throws `InvalidArgumentError`. */
export function toEmail(value: string): string {
  const email = z.email().max(254).safeParse(value.trim().toLowerCase());
  if (!email.success) throw new InvalidArgumentError('It must be an e-mail address.');
  return email.data;
}
