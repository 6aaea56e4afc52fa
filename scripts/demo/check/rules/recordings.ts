import type { Evidence, RecordingRow, Rule, Violation } from '../evidence.ts';
import { namer, stories } from '../look-up.ts';

type Left = Evidence['calls'][number]['recordings'][number];

/** Every message that a person left is stored, transcribed as it was spoken, and done with; and there are no others. */
export const recordingsAreWhole: Rule = (evidence) => {
  const nameOf = namer(evidence);
  const bySid = Map.groupBy(evidence.recordings, ({ recording_sid }) => recording_sid ?? '');
  const left = new Set(evidence.calls.flatMap(({ recordings }) => recordings.map(({ recordingSid }) => recordingSid)));
  return [
    ...stories(evidence).flatMap(({ submitted: { externalId }, calls }) =>
      calls.flatMap((call) => {
        const message = longest(call.recordings.filter(({ status }) => status === 'completed'));
        return message ? judge(externalId, message, bySid.get(message.recordingSid) ?? [], evidence) : [];
      }),
    ),
    ...evidence.recordings
      .filter(({ recording_sid }) => !left.has(recording_sid ?? ''))
      .map(({ delivery_id }) => ({ delivery: nameOf(delivery_id.toHexString()), what: 'has a recording that nobody left' })),
    ...evidence.attempts
      .filter(({ recording }) => recording !== undefined && ['expected', 'pending'].includes(recording.state))
      .map(({ delivery_id, number }) => ({
        delivery: nameOf(delivery_id.toHexString()),
        what: `the recording of attempt ${number} was never copied`,
      })),
  ];
};

function judge(delivery: string, message: Left, [row, ...more]: readonly RecordingRow[], { objects, heard }: Evidence): Violation[] {
  if (!row) return [{ delivery, what: 'the message that was left has no Recording' }];
  if (more.length > 0) return [{ delivery, what: `one message has ${more.length + 1} Recordings` }];
  if (row.processing_status !== 'completed')
    return [{ delivery, what: `its Recording is ${row.processing_status}: ${row.error_message ?? 'no reason given'}` }];
  const size = objects.get(row.storage_key ?? '');
  const spoken = heard.find(({ sha256 }) => sha256 === row.sha256);
  return [
    ...(row.transcription?.text === message.text ? [] : [{ delivery, what: 'its transcript is not what was spoken' }]),
    ...(size === undefined ? [{ delivery, what: 'its recording is not in S3' }] : []),
    ...(size !== undefined && size !== row.file_size
      ? [{ delivery, what: `its recording has ${size} bytes in S3, not ${row.file_size ?? 'any'}` }]
      : []),
    ...(spoken?.text === message.text ? [] : [{ delivery, what: 'the bytes that were stored are not those of its message' }]),
  ];
}

const longest = (messages: readonly Left[]): Left | undefined => messages.toSorted((a, b) => b.seconds - a.seconds)[0];
