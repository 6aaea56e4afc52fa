import { readFile } from 'node:fs/promises';
import type { Order } from './order.ts';

const MINUTE = 60_000;

/** A file that cannot be used at all. The message is one sentence for the user. */
export class UnusableFile extends Error {
  constructor(path: string, why: string) {
    super(`${path}: ${why}`);
    this.name = 'UnusableFile';
  }
}

/**
 * Reads a JSON array of deliveries as the API takes them, with `scheduled_in_minutes` (from `now`, by the scaled clock) in place of
 * `scheduled_time`. Nothing else is judged here: what is wrong with a row, the API says.
 *
 * @throws UnusableFile when it is not there or is no such array.
 */
export async function readOrders(path: string, count: number | undefined, now: Date): Promise<Order[]> {
  const rows = await parse(path);
  return rows.slice(0, count).map((row, index) => toOrder(row, index, now));
}

async function parse(path: string): Promise<unknown[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UnusableFile(path, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
  });
  try {
    const rows: unknown = JSON.parse(text);
    if (Array.isArray(rows) && rows.length > 0) return rows as unknown[];
  } catch (error) {
    throw new UnusableFile(path, `is no JSON (${error instanceof Error ? error.message : String(error)}).`);
  }
  throw new UnusableFile(path, 'is no list of deliveries.');
}

function toOrder(row: unknown, index: number, now: Date): Order {
  const label = `row ${index + 1}`;
  // Sent as it is: the API refuses it in its own words.
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return { label, body: row };
  const { scheduled_in_minutes: minutes, ...body } = row as Record<string, unknown>;
  const { external_id: number } = body;
  return {
    label: typeof number === 'string' ? number : label,
    body: typeof minutes === 'number' ? { ...body, scheduled_time: new Date(now.getTime() + minutes * MINUTE).toISOString() } : body,
  };
}
