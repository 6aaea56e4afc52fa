import { ObjectId, type Db } from 'mongodb';
import type { AuditLogDoc } from '#src/db/models/auditlogs.ts';
import type { Time } from '#src/platform/time.ts';

/** Who did what to the system, by id. */
export interface AuditLog {
  record(entry: Pick<AuditLogDoc, 'actor' | 'action'> & Partial<Pick<AuditLogDoc, 'subject' | 'details'>>): Promise<void>;
}

export function createAuditLog(db: Db, time: Time): AuditLog {
  const auditLogs = db.collection<AuditLogDoc>('auditlogs');
  return {
    record: async (entry) => {
      await auditLogs.insertOne({ _id: new ObjectId(), ...entry, at: time.now() });
    },
  };
}
