import { ObjectId, type Db } from 'mongodb';
import { groupedFind } from '#src/db/grouped/find.ts';
import { groupedInsert } from '#src/db/grouped/insert.ts';
import { groupedUpdate } from '#src/db/grouped/update.ts';
import type { RecordingDoc } from '#src/db/models/recordings.ts';
import type { Time } from '#src/platform/time.ts';

export interface Recordings {
  find(id: string): Promise<RecordingDoc | null>;
  findByCallLog(callLogId: ObjectId): Promise<RecordingDoc | null>;
  /** The call's Recording, born now if nobody was first. */
  ensure(fresh: RecordingDoc): Promise<RecordingDoc>;
  /** Marks the start of a run: `processing`, one attempt more. Takes a `failed` one too: no work list has it, so that an operator is asking. */
  started(id: ObjectId): Promise<boolean>;
  /** Stores the transcript; false when there is one already. Like the other two results it counts though another run has given up meanwhile. */
  transcribed(id: ObjectId, transcription: RecordingDoc['transcription']): Promise<boolean>;
  /** Stores the analysis; false when there is one already. It stays in the work list until `completed`. */
  analysed(id: ObjectId, analysis: RecordingDoc['ai_analysis']): Promise<boolean>;
  completed(id: ObjectId): Promise<boolean>;
  failed(id: ObjectId, message: string): Promise<boolean>;
}

const UNDER_WAY = ['pending', 'processing'];
const OPEN = { processing_status: { $in: UNDER_WAY } };
const NOT_COMPLETED = { processing_status: { $in: [...UNDER_WAY, 'failed'] } };

export function createRecordings(db: Db, time: Time): Recordings {
  const recordings = db.collection<RecordingDoc>('recordings');
  const update = groupedUpdate(recordings);
  const insert = groupedInsert(recordings);
  const findById = groupedFind<RecordingDoc, ObjectId>(recordings, '_id');
  const findByCallLog = groupedFind<RecordingDoc, ObjectId>(recordings, 'call_log_id');
  const move = (_id: ObjectId, guard: object, set: Partial<RecordingDoc>) =>
    update({ _id, guard, update: { $set: { ...set, updatedAt: time.now() } } });
  /** A run that lost its lock may have given up beside the one that succeeds: then `failed` is not true, and no job would be there to replay. */
  const achieve = (_id: ObjectId, guard: object, set: Partial<RecordingDoc>) =>
    update({
      _id,
      guard: { ...NOT_COMPLETED, ...guard },
      update: {
        $set: { processing_status: 'processing', ...set, last_processed_at: time.now(), updatedAt: time.now() },
        $unset: { error_message: '' },
      },
    });
  return {
    find: (id) => findById(new ObjectId(id)),
    findByCallLog,
    async ensure(fresh) {
      if ((await insert(fresh)) === 'inserted') return fresh;
      return (await findByCallLog(fresh.call_log_id)) ?? fresh;
    },
    started: (id) =>
      update({
        _id: id,
        guard: NOT_COMPLETED,
        update: {
          $set: { processing_status: 'processing', last_processed_at: time.now(), updatedAt: time.now() },
          $unset: { error_message: '' },
          $inc: { processing_attempts: 1 },
        },
      }),
    transcribed: (id, transcription) => achieve(id, { 'transcription.text': { $exists: false } }, { transcription }),
    analysed: (id, analysis) => achieve(id, { 'ai_analysis.summary': { $exists: false } }, { ai_analysis: analysis }),
    completed: (id) => achieve(id, {}, { processing_status: 'completed' }),
    failed: (id, message) => move(id, OPEN, { processing_status: 'failed', error_message: message, last_processed_at: time.now() }),
  };
}
