import { setTimeout } from 'node:timers/promises';

export interface Api {
  publicUrl: string;
  key: string;
}

const TRIES = 5;
const TRY_AGAIN_MS = 500;

/**
 * Posts to the API as an upstream system does. A 503 is sent again, as documented: `external_id` makes it safe for a delivery, and a
 * cancel may be repeated.
 */
export async function post(
  { publicUrl, key }: Api,
  path: string,
  body: unknown = {},
): Promise<{ status: number; ok: boolean; answer: unknown }> {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(`${publicUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { status, ok } = response;
    const answer: unknown = await response.json();
    if (status !== 503 || tries === TRIES) return { status, ok, answer };
    await setTimeout(TRY_AGAIN_MS);
  }
}
