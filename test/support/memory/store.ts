import type { AgentDoc } from '#src/db/models/agents.ts';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { CallLogDoc } from '#src/db/models/calllogs.ts';
import type { ControlDoc } from '#src/db/models/controls.ts';
import type { CustomerDoc } from '#src/db/models/customers.ts';
import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { IdempotencyKeyDoc } from '#src/db/models/idempotencykeys.ts';
import type { NotificationDoc } from '#src/db/models/notifications.ts';
import type { OptOutDoc } from '#src/db/models/optouts.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { TrackingEventDoc } from '#src/db/models/trackingevents.ts';
import type { WebhookEventDoc } from '#src/db/models/webhookevents.ts';
import { LIVE_ATTEMPT_STATES } from '#src/domain/vocabulary.ts';
import { createTable, type UniqueIndex } from './table.ts';

const LIVE: readonly string[] = LIVE_ATTEMPT_STATES;

/** The unique indexes of the models, by hand: that they are the same, the contract says. */
const attemptIndexes: UniqueIndex<CallAttemptDoc>[] = [
  { name: 'delivery_number', keyOf: ({ delivery_id, number }) => `${delivery_id.toHexString()}:${number}` },
  { name: 'live_contact', keyOf: ({ state, to_number }) => (LIVE.includes(state) ? to_number : undefined) },
  { name: 'call_sid', keyOf: ({ call_sid }) => call_sid },
];

export const externalKey = ({ api_key_id, external_id }: Pick<DeliveryDoc, 'api_key_id' | 'external_id'>): string | undefined =>
  external_id === undefined ? undefined : `${api_key_id?.toHexString() ?? ''}:${external_id}`;

/** The collections that the pipeline writes to, as one database. `without`: a unique index that is left out, to see what it is for. */
export function createStore({ without }: { without?: string } = {}) {
  return {
    agents: createTable<AgentDoc>(),
    attempts: createTable<CallAttemptDoc>(attemptIndexes.filter(({ name }) => name !== without)),
    callLogs: createTable<CallLogDoc>([{ name: 'call_sid', keyOf: ({ call_sid }) => call_sid }]),
    controls: createTable<ControlDoc>(),
    customers: createTable<CustomerDoc>([{ name: 'phone', keyOf: ({ phone }) => phone }]),
    deliveries: createTable<DeliveryDoc>([{ name: 'external_id', keyOf: externalKey }]),
    idempotencyKeys: createTable<IdempotencyKeyDoc>(),
    notifications: createTable<NotificationDoc>([{ name: 'key', keyOf: ({ key }) => key }]),
    optOuts: createTable<OptOutDoc>(),
    recordings: createTable<RecordingDoc>([{ name: 'call_log_id', keyOf: ({ call_log_id }) => call_log_id.toHexString() }]),
    trackingEvents: createTable<TrackingEventDoc>(),
    webhookEvents: createTable<WebhookEventDoc>([{ name: 'dedupe_key', keyOf: ({ dedupe_key }) => dedupe_key }]),
  };
}

export type Store = ReturnType<typeof createStore>;
