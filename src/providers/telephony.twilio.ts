import { isCallOver } from '#src/domain/vocabulary.ts';
import type { Telephony } from './telephony.ts';
import { createTransport } from './transport.ts';
import { asProviderError, TwilioAnswered } from './twilio-answer.ts';
import { twilioClient, type TwilioSettings } from './twilio-client.ts';
import { acceptedDial, dialParameters, failedDial } from './twilio-dial.ts';
import { fetchMedia } from './twilio-media.ts';
import { callPage, callSnapshot, recordingSnapshot } from './twilio-snapshots.ts';

/** "Call is not in the expected state": it is beyond being cancelled. */
const WRONG_STATE = 21220;
const LONGEST_LIST = 100;
/** Half of what Twilio gives at most: some 1 MB. */
const CALLS_PER_PAGE = 500;

/** Telephony by Twilio's REST API. `close` ends the idle connections. */
export function createTwilioTelephony(settings: TwilioSettings): Telephony & { close(): Promise<void> } {
  const transport = createTransport();
  const clientFor = (signal: AbortSignal, mayStart?: () => Promise<boolean>) => twilioClient(settings, transport, signal, mayStart);

  /** Runs requests that may be repeated; null for a 404. */
  const ask = async <Result>(
    signal: AbortSignal,
    work: (client: ReturnType<typeof clientFor>) => Promise<Result>,
  ): Promise<Result | null> => {
    try {
      return await work(clientFor(signal));
    } catch (error) {
      if (error instanceof TwilioAnswered && error.status === 404) return null;
      throw asProviderError(error, signal);
    }
  };

  return {
    async dial(request, signal) {
      try {
        return acceptedDial(await clientFor(signal, request.mayStart).calls.create(dialParameters(request, settings.fromNumber)));
      } catch (error) {
        return failedDial(error, signal);
      }
    },

    async findCall(callSid, signal) {
      const call = await ask(signal, (client) => client.calls(callSid).fetch());
      return call && callSnapshot(call);
    },

    async findCallsTo(number, { startedAfter }, signal) {
      // Not by Twilio's StartTime filter: a call that still waits in its queue has no start and would be missed, and dialed again.
      const calls = await ask(signal, (client) => client.calls.list({ to: number, limit: LONGEST_LIST, pageSize: LONGEST_LIST }));
      const since = Math.floor(startedAfter.getTime() / 1000) * 1000; // Twilio's times are whole seconds
      return (calls ?? []).map(callSnapshot).filter(({ dateCreated }) => dateCreated === undefined || dateCreated.getTime() >= since);
    },

    async listCalls({ startedFrom, startedBefore, page }, signal) {
      const { calls } = clientFor(signal);
      try {
        const found =
          page === undefined
            ? await calls.page({
                from: settings.fromNumber,
                startTimeAfter: startedFrom,
                startTimeBefore: startedBefore,
                pageSize: CALLS_PER_PAGE,
              })
            : await calls.getPage(page);
        return callPage(found, startedFrom, startedBefore);
      } catch (error) {
        // Here a 404 is no empty list: it is the account that is not there.
        throw asProviderError(error, signal);
      }
    },

    async cancel(callSid, signal) {
      const { calls } = clientFor(signal);
      // `canceled` ends a call that waits or rings and does nothing to one that is spoken in; `completed` ends that, too.
      const first = await statusAfter(calls(callSid).update({ status: 'canceled' }));
      if (first === 'unknown') return 'unknown';
      if (first === 'canceled') return 'requested';
      if (isCallOver(first)) return 'already-over';
      const second = await statusAfter(calls(callSid).update({ status: 'completed' }));
      if (second === 'wrong-state') return 'already-over';
      return second === 'unknown' ? 'unknown' : 'requested';
    },

    async listRecordings(callSid, signal) {
      const recordings = await ask(signal, (client) =>
        client.calls(callSid).recordings.list({ limit: LONGEST_LIST, pageSize: LONGEST_LIST }),
      );
      return (recordings ?? []).map(recordingSnapshot);
    },

    fetchRecording: (recordingSid, options) => fetchMedia(settings, transport, recordingSid, options),

    async deleteRecording(recordingSid, signal) {
      await ask(signal, (client) => client.recordings(recordingSid).remove());
    },

    close: () => transport.close(),
  };
}

/** The call's status after an update; `wrong-state` if it is past that; `unknown` whatever else happened. */
async function statusAfter(update: Promise<{ status: string }>): Promise<string> {
  try {
    return (await update).status;
  } catch (error) {
    return error instanceof TwilioAnswered && error.code === WRONG_STATE ? 'wrong-state' : 'unknown';
  }
}
