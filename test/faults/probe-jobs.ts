import { randomBytes } from 'node:crypto';
import type { QueueName } from '#queues/catalogue.ts';
import type { Producer } from '#queues/producer.ts';

const id = () => randomBytes(12).toString('hex');
let tick = 1_000_000_000;

/** Payloads of work that is not there, one for each queue: a worker takes the job and finds nothing to do. */
const probes = {
  call: (traceId) => ({ attemptId: id(), generation: 1, traceId }),
  'call-event': (traceId) => ({ eventId: id(), traceId }),
  recording: (traceId) => ({ attemptId: id(), traceId }),
  transcription: (traceId) => ({ recordingId: id(), traceId }),
  'ai-analysis': (traceId) => ({ recordingId: id(), traceId }),
  retry: (traceId) => ({ attemptId: id(), traceId }),
  notification: (traceId) => ({ notificationId: id(), traceId }),
} satisfies Partial<Record<QueueName, (traceId: string) => object>>;

export const probedQueues = Object.keys(probes) as (keyof typeof probes)[];

/** Adds so many jobs without work to each queue. Rejects as the producer does. */
export async function probe(producer: Pick<Producer, 'enqueueMany'>, count: number): Promise<void> {
  tick += 1;
  const traceId = tick.toString(16).padStart(32, '0');
  for (const name of probedQueues) {
    const items = Array.from({ length: count }, () => ({ payload: probes[name](traceId) }));
    await producer.enqueueMany(name, items);
  }
}

/** A payload that no other job has. */
export const aNotification = () => ({ notificationId: id(), traceId: id().padStart(32, '0') });
