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
}

/** Says in the database that the driver is going to be told, then enqueues it. Once per delivery, attempt and kind of news. Deliveries without a driver tell nobody. */
export async function notifyDriver(delivery: DeliveryDoc, news: News, deps: NotifyDeps): Promise<void> {
  if (!delivery.agent_id) return;
  const id = deterministicId(delivery._id.toHexString(), 'notification', news.attemptNumber, news.kind);
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
