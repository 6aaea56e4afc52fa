import fc from 'fast-check';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newRecording } from '#src/db/documents/recording.ts';
import { SECOND } from '#src/platform/time.ts';
import { sorted } from '../both.ts';
import { move, pagesOf, waits, type Game } from '../game.ts';

const idOf = (n: number) => deterministicId('recording', n);
const one = fc.constantFrom(0, 1).map(idOf);

export const recordingsGame: Game = {
  name: 'recordings',
  collections: ['recordings'],
  move: fc.oneof(
    {
      weight: 3,
      arbitrary: move('ensure', [fc.constantFrom(0, 1), fc.constantFrom(0, 1)], ({ recordings }, [n, callLog], { time }) =>
        recordings.ensure(
          newRecording(
            {
              _id: idOf(n),
              call_log_id: deterministicId('call', callLog),
              delivery_id: idOf(9),
              audio_url: 'https://s3.example.com/a',
              duration: 3,
            },
            time.now(),
          ),
        ),
      ),
    },
    waits,
    { weight: 2, arbitrary: move('started', [one], ({ recordings }, [id]) => recordings.started(id)) },
    move('transcribed', [one, fc.constantFrom('hello', '')], ({ recordings }, [id, text]) =>
      recordings.transcribed(id, { text, language: 'en' }),
    ),
    move('analysed', [one, fc.constantFrom('short', '')], ({ recordings }, [id, summary]) =>
      recordings.analysed(id, { keywords: [], entities: [], summary }),
    ),
    move('completed', [one], ({ recordings }, [id]) => recordings.completed(id)),
    { weight: 2, arbitrary: move('failed', [one], ({ recordings }, [id]) => recordings.failed(id, 'given up')) },
    move('findByCallLog', [fc.constantFrom(0, 1)], ({ recordings }, [n]) => recordings.findByCallLog(deterministicId('call', n))),
  ),
  look: async ({ walks }, { time }) => ({
    open: sorted(await pagesOf(walks.recordingsToProcess(time.now()))),
    failed: sorted(await pagesOf(walks.failedRecordings(new Date(time.now().getTime() - 20 * SECOND)))),
  }),
};
