import { systemMetricSchema, type SystemMetricDoc } from '#src/db/models/systemmetrics.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewSystemMetric = Given<SystemMetricDoc, '_id' | 'timestamp' | 'source'>;

/** Measured now, by the application: where nothing else is given. */
export const newSystemMetric = documentBuilder<SystemMetricDoc, NewSystemMetric>(systemMetricSchema);
