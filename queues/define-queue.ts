import type { z } from 'zod';

/** What every job payload is: ids, and the trace id that leads back to the request. Never documents or personal data. */
export type PayloadSchema = z.ZodObject;

/** A queue as a promise: what a job carries, what makes two jobs the same, how long it may take and how it is retried. */
export interface QueueContract<Name extends string = string, Schema extends PayloadSchema = PayloadSchema> {
  /** The wire name, stored in Redis: never renamed once it has been deployed. */
  readonly name: Name;
  readonly payload: Schema;
  /** The job's id: the same work is the same job, whoever adds it and however often. BullMQ forbids ':' in it. */
  key(payload: z.infer<Schema>): string;
  /** How long one run may take before its signal is aborted, in real milliseconds. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Finished jobs that are kept for the operator, in days. */
  readonly keep: { completedDays: number; completedCount: number; failedDays: number };
}

export interface RetryPolicy {
  /** Runs at the most, for faults of the network; a busy line is an outcome, not an error. */
  attempts: number;
  /** First pause in milliseconds; doubles each time, spread by half. */
  backoffMs: number;
}

const defaults = { keep: { completedDays: 1, completedCount: 1000, failedDays: 14 } };

export function defineQueue<const Name extends string, Schema extends PayloadSchema>(
  contract: Omit<QueueContract<Name, Schema>, 'keep'> & Partial<Pick<QueueContract, 'keep'>>,
): QueueContract<Name, Schema> {
  return { ...defaults, ...contract };
}

export type Payload<Contract extends QueueContract> = z.infer<Contract['payload']>;
