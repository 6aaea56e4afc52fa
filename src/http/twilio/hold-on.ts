import { z } from 'zod';
import { holdOnUrl } from '#src/domain/callback-urls.ts';
import { holdOn } from '#src/providers/twiml.ts';

/** With what a caller waits for each answer, and 4 s between them, about 25 s: a new primary is elected in less. Then we apologise. */
const MOST_HOLDS = 3;

/** What we ourselves have written into the address of a repeated question; Twilio's signature covers it. Anything else there means a first question. */
const Held = z.strictObject({
  again: z
    .string()
    .regex(/^[1-9]$/)
    .transform(Number),
  digits: z
    .string()
    .regex(/^[0-9*#]{1,20}$/)
    .optional(),
});
export type Held = { again: number; digits?: string | undefined };

export function heldBefore(query: unknown): Held {
  const parsed = Held.safeParse(query);
  return parsed.success ? parsed.data : { again: 0 };
}

/** TwiML that asks the caller for a moment and has Twilio ask us again, with the key that was pressed; null when the caller has waited long enough. */
export function askAgain(publicUrl: string, name: string, attemptId: string, { again, digits }: Held): string | null {
  if (again >= MOST_HOLDS) return null;
  return holdOn(holdOnUrl(publicUrl, name, attemptId, { again: again + 1, ...(digits === undefined ? {} : { digits }) }));
}
