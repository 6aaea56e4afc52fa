import type { notification } from '#queues/notification.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { Drivers } from '#src/db/repositories/drivers.ts';
import type { Notifications } from '#src/db/repositories/notifications.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { ProviderMisconfigured } from '#src/providers/errors.ts';
import type { Push } from '#src/providers/push.ts';
import { isFinal } from './final.ts';
import { done, reject, skip } from './outcome.ts';
import type { Processor } from './processor.ts';

export interface NotificationDeps {
  notifications: Notifications;
  drivers: Drivers;
  push: Push;
  metrics: Metrics;
}

/** News for a driver is worth an hour. */
const TTL_SECONDS = 3600;

/**
 * Sends one web push. The same topic each time, so that a message sent again after a crash replaces the one that the push
 * service may still hold. When retries run out the row is `failed`, until an operator replays the job.
 */
export const pushNotification: Processor<typeof notification, NotificationDeps> = async ({ notificationId }, deps, context) => {
  const row = await deps.notifications.find(notificationId);
  if (!row) return skip('notification no longer exists');
  const epoch = await deps.notifications.claim(row);
  if (epoch === null) return skip(`notification is ${row.state}`);
  try {
    const sent = await send(row, deps, context.signal);
    const written =
      sent.kind === 'sent' ? await deps.notifications.sent(row._id, epoch) : await deps.notifications.skipped(row._id, epoch, sent.reason);
    if (!written) deps.metrics.fencedWrites.inc({ write: 'notification' });
    return sent.kind === 'sent' ? done() : skip(sent.reason);
  } catch (error) {
    if (error instanceof ProviderMisconfigured) {
      // Our keys, or one driver's subscription to other keys: the queue goes on for the others.
      await deps.notifications.failed(row._id, epoch, 'the push service refuses our keys');
      return reject('the push service refuses our keys');
    }
    if (isFinal(error, context)) await deps.notifications.failed(row._id, epoch, 'the push service did not take it');
    else await deps.notifications.release(row._id, epoch);
    throw error;
  }
};

async function send(
  row: NotificationDoc,
  { drivers, push }: NotificationDeps,
  signal: AbortSignal,
): Promise<{ kind: 'sent' } | { kind: 'skipped'; reason: string }> {
  const subscription = await drivers.subscription(row.agent_id);
  if (!subscription) return { kind: 'skipped', reason: 'the driver has no push subscription' };
  const message = { title: row.title, body: row.body, data: { delivery_id: row.delivery_id.toHexString(), kind: row.kind } };
  const options = { ttlSeconds: TTL_SECONDS, urgency: 'high' as const, topic: row.key };
  const result = await push.send(subscription, message, options, signal);
  switch (result.kind) {
    case 'sent':
      return result;
    case 'gone':
      // Only if it is still the one that we used: the driver may have subscribed anew.
      await drivers.dropSubscription(row.agent_id, subscription);
      return { kind: 'skipped', reason: 'the push subscription is gone' };
    case 'too-large':
    case 'not-allowed':
    case 'invalid':
      return { kind: 'skipped', reason: `the push subscription was refused: ${result.kind}` };
  }
}
