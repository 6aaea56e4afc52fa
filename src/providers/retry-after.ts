const LONGEST_MS = 60 * 60 * 1000;

/**
 * How long a provider asks us to wait, in milliseconds, from the `Retry-After` header: seconds, or a date, which is compared with
 * the answer's own `Date` since our clock may differ. `otherwise` if there is none that can be read; at most an hour.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(header: string | undefined, date: string | undefined, otherwise: number): number {
  if (header === undefined) return otherwise;
  const wait = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.parse(date ?? '');
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_MS) : otherwise;
}
