import type { Db } from 'mongodb';
import type { Time } from '#src/platform/time.ts';
import { createAgents } from './agents.ts';
import { createApiKeys } from './api-keys.ts';
import { createAttemptClaims } from './attempts/claims.ts';
import { createAttemptLookups } from './attempts/lookups.ts';
import { createAttemptProgress } from './attempts/progress.ts';
import { createAttemptStore } from './attempts/store.ts';
import { createAuditLog } from './audit-log.ts';
import { createCallBooks } from './call-books.ts';
import { createCallBudget } from './call-budget.ts';
import { createCallLogs } from './call-logs.ts';
import { createCustomers } from './customers.ts';
import { createDeliveries } from './deliveries.ts';
import { createDrivers } from './drivers.ts';
import { createHistory } from './history.ts';
import { createIdempotencyKeys } from './idempotency-keys.ts';
import { createInbox } from './inbox.ts';
import { createSystemMetrics } from './metrics.ts';
import { createNotifications } from './notifications.ts';
import { createOptOuts } from './opt-outs.ts';
import { createRecordings } from './recordings.ts';
import { createWorkLists } from './work-lists.ts';
import { createWorkWalks } from './work-walks.ts';

/** Every repository on one database, once per process: those who share one meet in its groups. */
export function createRepositories(db: Db, time: Time) {
  return {
    agents: createAgents(db),
    apiKeys: createApiKeys(db),
    attempts: {
      ...createAttemptStore(db),
      ...createAttemptClaims(db, time, createCallBudget(db, time)),
      ...createAttemptProgress(db, time),
      ...createAttemptLookups(db, time),
    },
    auditLog: createAuditLog(db, time),
    books: createCallBooks(db, time),
    callLogs: createCallLogs(db, time),
    customers: createCustomers(db, time),
    deliveries: createDeliveries(db, time),
    drivers: createDrivers(db, time),
    history: createHistory(db),
    idempotencyKeys: createIdempotencyKeys(db, time),
    inbox: createInbox(db, time),
    systemMetrics: createSystemMetrics(db, time),
    notifications: createNotifications(db, time),
    optOuts: createOptOuts(db),
    recordings: createRecordings(db, time),
    lists: createWorkLists(db),
    walks: createWorkWalks(db),
  };
}

export type Repositories = ReturnType<typeof createRepositories>;
