import { ObjectId } from 'mongodb';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { Recordings } from '#src/db/repositories/recordings.ts';
import type { Time } from '#src/platform/time.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Store } from './store.ts';
import { without } from './without.ts';

const isOpen = ({ processing_status }: RecordingDoc) => processing_status === 'pending' || processing_status === 'processing';
const isNotCompleted = (doc: RecordingDoc) => isOpen(doc) || doc.processing_status === 'failed';

export function memoryRecordings({ recordings }: Store, time: Time, trip: RoundTrip): Recordings {
  const achieve = (what: string, id: ObjectId, guard: (doc: RecordingDoc) => boolean, set: Partial<RecordingDoc>) => {
    const at = time.now();
    const result = { processing_status: 'processing' as const, ...set, last_processed_at: at, updatedAt: at };
    return trip(`recordings.${what}`, () =>
      recordings.update(
        id,
        (doc) => isNotCompleted(doc) && guard(doc),
        (doc) => without({ ...doc, ...result }, ['error_message']),
      ),
    );
  };
  const findByCallLog = (callLogId: ObjectId) =>
    trip('recordings.findByCallLog', () => recordings.by('call_log_id', callLogId.toHexString()));
  return {
    find: (id) => trip('recordings.find', () => recordings.get(new ObjectId(id))),
    findByCallLog,
    async ensure(fresh) {
      if ((await trip('recordings.insert', () => recordings.insert(fresh))) === 'inserted') return fresh;
      return (await findByCallLog(fresh.call_log_id)) ?? fresh;
    },
    started(id) {
      const at = time.now();
      return trip('recordings.started', () =>
        recordings.update(id, isNotCompleted, (doc) =>
          without(
            {
              ...doc,
              processing_status: 'processing',
              last_processed_at: at,
              updatedAt: at,
              processing_attempts: doc.processing_attempts + 1,
            },
            ['error_message'],
          ),
        ),
      );
    },
    transcribed: (id, transcription) => achieve('transcribed', id, (doc) => doc.transcription.text === undefined, { transcription }),
    analysed: (id, analysis) => achieve('analysed', id, (doc) => doc.ai_analysis.summary === undefined, { ai_analysis: analysis }),
    completed: (id) => achieve('completed', id, () => true, { processing_status: 'completed' }),
    failed(id, message) {
      const at = time.now();
      return trip('recordings.failed', () =>
        recordings.update(id, isOpen, (doc) => ({
          ...doc,
          processing_status: 'failed',
          error_message: message,
          last_processed_at: at,
          updatedAt: at,
        })),
      );
    },
  };
}
