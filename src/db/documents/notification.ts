import { notificationSchema, type NotificationDoc } from '#src/db/models/notifications.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewNotification = Given<NotificationDoc, '_id' | 'createdAt' | 'updatedAt' | 'channel' | 'state' | 'epoch' | 'attempts'>;

/** A push message that nobody sends yet. */
export const newNotification = documentBuilder<NotificationDoc, NewNotification>(notificationSchema);
