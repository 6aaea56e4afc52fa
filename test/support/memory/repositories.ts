import type { Repositories } from '#src/db/repositories/repositories.ts';
import type { Time } from '#src/platform/time.ts';
import { memoryClaims } from './attempts/claims.ts';
import { memoryLookups } from './attempts/lookups.ts';
import { memoryProgress } from './attempts/progress.ts';
import { memoryAttempts } from './attempts/store.ts';
import { memoryBudget } from './call-budget.ts';
import { memoryCallLogs } from './call-logs.ts';
import { memoryCustomers } from './customers.ts';
import { memoryDeliveries } from './deliveries.ts';
import { memoryDrivers } from './drivers.ts';
import { memoryHistory } from './history.ts';
import { memoryIdempotencyKeys } from './idempotency-keys.ts';
import { memoryInbox } from './inbox.ts';
import { memoryNotifications } from './notifications.ts';
import { memoryOptOuts } from './opt-outs.ts';
import { memoryRecordings } from './recordings.ts';
import { atOnce, type RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';
import { memoryWorkLists } from './work-lists.ts';
import { memoryWorkWalks } from './work-walks.ts';

/** What a call's way through the pipeline touches. */
export type PipelineRepositories = Pick<
  Repositories,
  | 'attempts'
  | 'callLogs'
  | 'customers'
  | 'deliveries'
  | 'drivers'
  | 'history'
  | 'idempotencyKeys'
  | 'inbox'
  | 'notifications'
  | 'optOuts'
  | 'recordings'
  | 'lists'
  | 'walks'
>;

/**
 * One process's repositories on a database in memory: the same promises as the real ones, to which test/db/repositories/contract holds
 * both. `trip` decides when each way to the database takes effect and is answered.
 */
export function memoryRepositories(store: Store, time: Time, trip: RoundTrip = atOnce): PipelineRepositories {
  return {
    attempts: {
      ...memoryAttempts(store, trip),
      ...memoryClaims(store, time, trip, memoryBudget(store, time, trip)),
      ...memoryProgress(store, time, trip),
      ...memoryLookups(store, time, trip),
    },
    callLogs: memoryCallLogs(store, time, trip),
    customers: memoryCustomers(store, time, trip),
    deliveries: memoryDeliveries(store, time, trip),
    drivers: memoryDrivers(store, time, trip),
    history: memoryHistory(store, trip),
    idempotencyKeys: memoryIdempotencyKeys(store, time, trip),
    inbox: memoryInbox(store, time, trip),
    notifications: memoryNotifications(store, time, trip),
    optOuts: memoryOptOuts(store, trip),
    recordings: memoryRecordings(store, time, trip),
    lists: memoryWorkLists(store, trip),
    walks: memoryWorkWalks(store, trip),
  };
}
