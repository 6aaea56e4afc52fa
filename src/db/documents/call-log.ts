import { callLogSchema, type CallLogDoc } from '#src/db/models/calllogs.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewCallLog = Given<
  CallLogDoc,
  '_id' | 'createdAt' | 'updatedAt' | 'direction' | 'ai_analysis' | 'retry_count' | 'webhook_events'
>;

/** Outbound, without events or analysis. */
export const newCallLog = documentBuilder<CallLogDoc, NewCallLog>(callLogSchema);
