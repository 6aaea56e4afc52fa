import type { ObjectId } from 'mongodb';
import type { notification } from '#queues/notification.ts';
import { isDatabaseAway } from '#src/db/database-away.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { Drivers } from '#src/db/repositories/drivers.ts';
import { SEND_WITHIN_MS, type Notifications } from '#src/db/repositories/notifications.ts';
import { raiseAlert } from '#src/platform/alert.ts';
import type { Metrics } from '#src/platform/metrics.ts';
import { SECOND, type Time } from '#src/platform/time.ts';
import { PermanentlyRefused, ProviderMisconfigured, RateLimited, Withheld } from '#src/providers/errors.ts';
import type { Push, Pushed, PushMessage } from '#src/providers/push.ts';
import { isFinal } from './final.ts';
import { done, reject, skip, snooze } from './outcome.ts';
import type { Processor } from './processor.ts';

export interface NotificationDeps {
  notifications: Notifications;
  drivers: Drivers;
  push: Push;
  metrics: Metrics;
  time: Time;
}

/** News for a driver is worth an hour. */
const TTL_SECONDS = 3600;
/** What is left of a message for a push service that takes less than others, in characters. */
const SHORT_BODY = 60;
/** A push is bounded by its own time-outs, which are shorter than a claim lasts, and is not cut when the job's lock is lost (Redis emptied, say): nobody would know whether the phone has shown it. */
const UNCUT = new AbortController().signal;
/** Real milliseconds. */
const LOOK_AGAIN_MS = 10 * SECOND;
/** While the database is away its word on a push that was sent is asked again after so many real milliseconds, as long as the run may last. */
const WRITE_AGAIN_MS = SECOND;

/**
 * Sends one web push. The same topic each time, so that a message sent again after a crash replaces the one that the push
 * service may still hold. When retries run out the row is `failed`, until an operator replays the job.
 */
export const pushNotification: Processor<typeof notification, NotificationDeps> = async ({ notificationId }, deps, context) => {
  const row = await deps.notifications.find(notificationId);
  if (!row) return skip('notification no longer exists');
  const claim = await deps.notifications.claim(row);
  if (!claim) {
    if (row.state === 'sent' || row.state === 'skipped') return skip(`notification is ${row.state}`);
    // Another run has it. Should that one give up without its job (its lock was lost), this one is there to go on or to be seen failing.
    return snooze(new Date(deps.time.now().getTime() + deps.time.span(LOOK_AGAIN_MS)), 'another run is sending it');
  }
  const { epoch, claimedAt } = claim;
  const mayStart = async () => deps.time.now().getTime() - claimedAt.getTime() <= deps.time.span(SEND_WITHIN_MS);
  const written = (held: boolean): void => {
    if (!held) deps.metrics.fencedWrites.inc({ write: 'notification' });
  };
  let result: SendResult;
  try {
    result = await send(row, deps, mayStart);
  } catch (error) {
    if (error instanceof ProviderMisconfigured) {
      // Our keys, or one driver's subscription to other keys: the queue goes on for the others.
      raiseAlert({ log: context.log, metrics: deps.metrics }, 'push_keys_refused', { notificationId, code: error.code });
      written(await deps.notifications.failed(row._id, epoch, 'the push service refuses our keys'));
      return reject('the push service refuses our keys');
    }
    if (error instanceof PermanentlyRefused) {
      written(await deps.notifications.failed(row._id, epoch, `the push service refuses the message (${error.code})`));
      return reject(error.message);
    }
    if (error instanceof Withheld) {
      // This run stood still, and another may have sent it, or is about to.
      written(await deps.notifications.release(row._id, epoch));
      return snooze(deps.time.now(), 'the claim had become too old to send');
    }
    if (error instanceof RateLimited) {
      // One push service, or one driver's browser there: this message waits, and the others do not.
      written(await deps.notifications.release(row._id, epoch));
      return snooze(new Date(deps.time.now().getTime() + deps.time.span(error.retryAfterMs)), error.message);
    }
    if (isFinal(error, context)) written(await deps.notifications.failed(row._id, epoch, 'the push service did not take it'));
    else written(await deps.notifications.release(row._id, epoch));
    throw error;
  }
  // Never given back from here on: the phone may have shown it.
  written(await settle(row._id, epoch, result, deps, context.signal));
  return result.kind === 'sent' ? done() : skip(result.reason);
};

type SendResult = { kind: 'sent' } | { kind: 'skipped'; reason: string };

/** Writes down what became of the push; false when another run had taken over. Through a change of the primary, too: forgotten, it would be sent again. */
async function settle(
  id: ObjectId,
  epoch: number,
  result: SendResult,
  { notifications, time }: NotificationDeps,
  signal: AbortSignal,
): Promise<boolean> {
  for (let unsure = false; ; unsure = true) {
    try {
      const held = result.kind === 'sent' ? await notifications.sent(id, epoch) : await notifications.skipped(id, epoch, result.reason);
      return held || unsure;
    } catch (error) {
      if (!isDatabaseAway(error) || signal.aborted) throw error;
      await time.wait(WRITE_AGAIN_MS);
    }
  }
}

async function send(row: NotificationDoc, { drivers, push }: NotificationDeps, mayStart: () => Promise<boolean>): Promise<SendResult> {
  const subscription = await drivers.subscription(row.agent_id);
  if (!subscription) return { kind: 'skipped', reason: 'the driver has no push subscription' };
  const message = { title: row.title, body: row.body, data: { delivery_id: row.delivery_id.toHexString(), kind: row.kind } };
  const options = { ttlSeconds: TTL_SECONDS, urgency: 'high' as const, topic: row.key, mayStart };
  const post = (sent: PushMessage): Promise<Pushed> => push.send(subscription, sent, options, UNCUT);
  const first = await post(message);
  const result = first.kind === 'too-large' ? await post(shortened(message)) : first;
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

/** Enough to know whom it is about; the rest is in the app. Cut between whole characters. */
function shortened({ title, body, data }: PushMessage): PushMessage {
  const cut = body.slice(0, SHORT_BODY - 1).replace(/[\uD800-\uDBFF]$/, '');
  return { title, body: body.length > SHORT_BODY ? `${cut}…` : body, data };
}
