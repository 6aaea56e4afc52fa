import { RecordingNotFound, RecordingUnusable } from './errors.ts';
import { mp3Seconds } from './mp3-seconds.ts';
import type { FetchOptions, Media } from './telephony.ts';
import { AnswerTooLarge, ExchangeFailed, type Answer, type Transport } from './transport.ts';
import { answerError, asProviderError, twilioAnswered } from './twilio-answer.ts';
import { basicAuth, type TwilioSettings } from './twilio-client.ts';

const MOST_REDIRECTS = 3;

/**
 * One recording's audio as MP3, by its SID under the configured address: a URL out of a callback would take our credentials wherever
 * it points. https://www.twilio.com/docs/voice/api/recording#fetch-a-recording-media-file
 */
export async function fetchMedia(
  settings: TwilioSettings,
  transport: Transport,
  recordingSid: string,
  { maxBytes, seconds, signal }: FetchOptions,
): Promise<Media> {
  const path = `/2010-04-01/Accounts/${settings.accountSid}/Recordings/${encodeURIComponent(recordingSid)}.mp3`;
  let url = settings.apiUrl.replace(/\/+$/, '') + path;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const answer = await get(settings, transport, url, maxBytes, signal);
    if (answer.status < 300 || answer.status > 399) return usable(answer, seconds);
    const target = URL.parse(answer.headers.location ?? '', url);
    if (target?.origin !== new URL(settings.apiUrl).origin) break;
    url = target.href;
  }
  throw new RecordingUnusable('telephony', 'redirected');
}

async function get(settings: TwilioSettings, transport: Transport, url: string, maxBytes: number, signal: AbortSignal): Promise<Answer> {
  try {
    const answer = await transport.exchange({ method: 'GET', url, headers: { authorization: basicAuth(settings) }, maxBytes, signal });
    if (answer.status >= 400 || answer.status === 202) throw refusal(answer);
    return answer;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof AnswerTooLarge) throw new RecordingUnusable('telephony', 'too-large');
    if (error instanceof ExchangeFailed && error.phase === 'receiving')
      throw new RecordingUnusable('telephony', 'truncated', { cause: error });
    throw asProviderError(error, signal);
  }
}

/** 202: it is still being made. */
function refusal(answer: Answer): Error {
  const cause = twilioAnswered(answer);
  return answer.status === 404 || answer.status === 202 ? new RecordingNotFound('telephony', { cause }) : answerError(cause);
}

function usable({ headers, body }: Answer, announced: number | undefined): Media {
  const contentType = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!contentType.startsWith('audio/')) throw new RecordingUnusable('telephony', 'wrong-type');
  if (body.length === 0) throw new RecordingUnusable('telephony', 'empty');
  // A page in audio's clothes: neither MP3 nor WAV begins with '<'.
  if (body.subarray(0, 64).toString('latin1').trimStart().startsWith('<')) throw new RecordingUnusable('telephony', 'wrong-type');
  if (announced !== undefined && isCutShort(mp3Seconds(body), announced)) throw new RecordingUnusable('telephony', 'truncated');
  return { bytes: body, contentType };
}

/** Twilio counts whole seconds and trims silence: only what is clearly shorter is cut. Audio whose length cannot be read is taken as it is. */
const isCutShort = (seconds: number | null, announced: number) => seconds !== null && seconds < 0.75 * announced - 1;
