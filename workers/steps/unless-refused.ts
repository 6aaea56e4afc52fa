import { PermanentlyRefused } from '#src/providers/errors.ts';

/** The answer, or null where the provider will always refuse this very request: one attempt that it does not like must not keep the others waiting. */
export async function unlessRefused<Answer>(request: Promise<Answer>): Promise<Answer | null> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof PermanentlyRefused) return null;
    throw error;
  }
}
