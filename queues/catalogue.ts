import { aiAnalysis } from './ai-analysis.ts';
import { books } from './books.ts';
import { callEvent } from './call-event.ts';
import { call } from './call.ts';
import { metricsRollup } from './metrics-rollup.ts';
import { notification } from './notification.ts';
import { reconcile } from './reconcile.ts';
import { recording } from './recording.ts';
import { retry } from './retry.ts';
import { transcription } from './transcription.ts';

/** Every queue, in the order in which a delivery meets them. Producers, workers, Bull Board, metrics and health follow from this table. */
export const catalogue = {
  call,
  'call-event': callEvent,
  recording,
  transcription,
  'ai-analysis': aiAnalysis,
  retry,
  notification,
  'metrics-rollup': metricsRollup,
  reconcile,
  books,
} as const;

export type Catalogue = typeof catalogue;
export type QueueName = keyof Catalogue;
export const queueNames = Object.keys(catalogue) as QueueName[];
