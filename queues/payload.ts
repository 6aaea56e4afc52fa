import type { z } from 'zod';
import type { PayloadSchema, QueueContract } from './define-queue.ts';

/** More than any contract's ids need. Refused when added, and again when worked: data may have come into Redis by another hand. */
export const PAYLOAD_LIMIT_BYTES = 4096;

/** What a worker finds in a job. */
export type Read<Payload> =
  | { kind: 'payload'; payload: Payload }
  /** Written by a later release: not ours to judge. */
  | { kind: 'newer'; version: number }
  /** Repeating it would not help. `reason` quotes nothing of it. `discard`: the data must not stay in Redis, for Bull Board to load and to stumble over. */
  | { kind: 'unfit'; reason: string; discard?: true };

/** A parsed payload as Redis keeps it: with its version, where that is not the first. */
export const toData = ({ version }: QueueContract, payload: Record<string, unknown>): Record<string, unknown> =>
  version === 1 ? payload : { ...payload, v: version };

/** A job's data, untrusted until now, as the contract's payload; an older version's through the steps of `upgrade`. Never throws. */
export function readPayload<Schema extends PayloadSchema>(contract: QueueContract<string, Schema>, data: unknown): Read<z.infer<Schema>> {
  if (typeof data !== 'object' || data === null) return { ...unfit('the payload is no JSON object'), discard: true };
  if (Buffer.byteLength(JSON.stringify(data)) > PAYLOAD_LIMIT_BYTES)
    return { ...unfit(`the payload is larger than ${PAYLOAD_LIMIT_BYTES} bytes`), discard: true };
  const { v: version = 1, ...fields } = data as { v?: unknown };
  if (!isVersion(version)) return unfit('the payload has no version that could be');
  if (version > contract.version) return { kind: 'newer', version };
  try {
    const parsed = contract.payload.safeParse(upgraded(fields, version, contract));
    return parsed.success ? { kind: 'payload', payload: parsed.data } : unfit('the payload does not fit the contract');
  } catch {
    return unfit(`the payload's version ${version} could not be upgraded`);
  }
}

function upgraded(fields: Record<string, unknown>, from: number, { version, upgrade }: QueueContract): Record<string, unknown> {
  let current = fields;
  for (let step = from; step < version; step += 1) {
    const next = upgrade[step];
    if (!next) throw new Error(`there is no step from version ${step}`);
    current = next(current);
  }
  return current;
}

const isVersion = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
const unfit = (reason: string) => ({ kind: 'unfit', reason }) as const;
