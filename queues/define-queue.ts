import type { z } from 'zod';

/** What every job payload is: ids, and the trace id that leads back to the request. Never documents or personal data. */
export type PayloadSchema = z.ZodObject;

/** Makes of a payload of one version one of the next. Given what another release wrote, it may throw: the job is then rejected. */
export type Upgrade = (old: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/**
 * A queue as a promise: what a job carries, what makes two jobs the same, how long it may take and how it is retried.
 *
 * Releases run side by side during a deploy, and jobs that are due in days outlive many, so a payload changes in one of two ways:
 * - A field is added: give it a `.default()`. Old jobs get the default; old workers drop what they do not know. `version` stays.
 * - Anything that an old worker would misread: raise `version` and add the step from the one before, `upgrade: { 1: (old) => … }`. New
 *   workers read old jobs through the steps; an old worker parks a new job until a newer one takes it. A step is removed once no
 *   job of that version can be left (the longest delay plus `keep`), and never sooner.
 */
export interface QueueContract<Name extends string = string, Schema extends PayloadSchema = PayloadSchema> {
  /** The wire name, stored in Redis: never renamed once it has been deployed. */
  readonly name: Name;
  readonly payload: Schema;
  /** Of `payload`. Stored with each job as `v`, and left out while it is 1. Default: 1. */
  readonly version: number;
  /** The step from each earlier version to the one after it. */
  readonly upgrade: Readonly<Record<number, Upgrade>>;
  /** The job's id: the same work is the same job, whoever adds it, however often and in which version. BullMQ forbids ':' in it. */
  key(payload: z.infer<Schema>): string;
  /** How long one run may take before its signal is aborted, in real milliseconds. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Finished jobs that are kept for the operator, in days; of failed ones the `MOST_FAILED_KEPT` newest. */
  readonly keep: { completedDays: number; completedCount: number; failedDays: number };
}

export interface RetryPolicy {
  /** Runs at the most, for faults of the network; a busy line is an outcome, not an error. */
  attempts: number;
  /** First pause in milliseconds; doubles each time, spread by half. */
  backoffMs: number;
}

export const MOST_FAILED_KEPT = 10_000;

type Optional = 'keep' | 'version' | 'upgrade';

const defaults = { keep: { completedDays: 1, completedCount: 1000, failedDays: 14 }, version: 1, upgrade: {} };

export function defineQueue<const Name extends string, Schema extends PayloadSchema>(
  contract: Omit<QueueContract<Name, Schema>, Optional> & Partial<Pick<QueueContract, Optional>>,
): QueueContract<Name, Schema> {
  return { ...defaults, ...contract };
}

export type Payload<Contract extends QueueContract> = z.infer<Contract['payload']>;
