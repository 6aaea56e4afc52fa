import type { ObjectId } from 'mongodb';
import type { Producer } from '#queues/producer.ts';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newNotification } from '#src/db/documents/notification.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { Notifications } from '#src/db/repositories/notifications.ts';
import { driverMessage } from '#src/domain/wording.ts';
import type { NotificationKind } from '#src/domain/vocabulary.ts';
import type { Time } from '#src/platform/time.ts';

export interface NotifyDeps {
  notifications: Pick<Notifications, 'intend'>;
  producer: Pick<Producer, 'enqueue'>;
  time: Time;
}

export interface News {
  kind: NotificationKind;
  attemptNumber: number;
  traceId: string;
  customerName: string;
  reason?: string;
  instructions?: string;
  /** Tells two pieces of news of the same kind apart, for one attempt. Default: there is only one. */
  occasion?: string;
}

/** The same news has the same id, whoever tells it and in what words. */
export function notificationId({ _id }: Pick<DeliveryDoc, '_id'>, news: Pick<News, 'attemptNumber' | 'kind' | 'occasion'>): ObjectId {
  const { attemptNumber, kind, occasion } = news;
  return deterministicId(_id.toHexString(), 'notification', attemptNumber, kind, ...(occasion === undefined ? [] : [occasion]));
}

/** Says in the database that the driver is going to be told, then enqueues it. Once per delivery, attempt, kind of news and occasion. Deliveries without a driver tell nobody. */
export async function notifyDriver(delivery: DeliveryDoc, news: News, deps: NotifyDeps): Promise<void> {
  if (!delivery.agent_id) return;
  const id = notificationId(delivery, news);
  await deps.notifications.intend(
    newNotification(
      {
        _id: id,
        key: id.toHexString(),
        delivery_id: delivery._id,
        agent_id: delivery.agent_id,
        kind: news.kind,
        trace_id: news.traceId,
        ...driverMessage({ ...news, address: delivery.address }),
      },
      deps.time.now(),
    ),
  );
  await deps.producer.enqueue('notification', { notificationId: id.toHexString(), traceId: news.traceId }, { priority: delivery.priority });
}
