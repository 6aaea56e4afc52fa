import type { Call } from './call.ts';
import type { Office } from './office.ts';
import { callParams } from './progress.ts';
import { startTape } from './recordings.ts';
import type { Fetch, Scene } from './scene.ts';
import { CallEnded } from './timeline.ts';
import type { Verb } from './twiml.ts';
import { ApplicationError, parseTwiml } from './twiml.ts';
import { follow } from './verbs.ts';

/** A conversation that needs more documents than this goes round in circles. */
const MAX_DOCUMENTS = 100;

interface TwimlDocument {
  url: string;
  verbs: readonly Verb[];
}

const read = async ({ callbacks }: Office, call: Call, { url, method, event, params, goodbye }: Fetch): Promise<TwimlDocument> => {
  const answer = await call.timeline.during(callbacks.ask({ call, event, url, method, params: { ...callParams(call), ...params } }));
  if (goodbye) throw new CallEnded('person');
  if (!answer || answer.status >= 400)
    throw new ApplicationError(11200, `HTTP retrieval failure: ${answer ? answer.status : 'no answer'} from ${url}`);
  if (answer.status === 204 || answer.body.trim() === '') return { url: answer.url, verbs: [] };
  if (!/\bxml\b/.test(answer.contentType)) throw new ApplicationError(12300, `Invalid Content-Type: ${answer.contentType}`);
  return { url: answer.url, verbs: parseTwiml(answer.body) };
};

/** The fallback URL is asked once, for what went wrong with the first (twilio.com/docs/voice/api/call-resource, FallbackUrl). */
const readOrFallBack = async (office: Office, call: Call, fetch: Fetch): Promise<TwimlDocument> => {
  try {
    return await read(office, call, fetch);
  } catch (error) {
    const { fallbackUrl } = call.request;
    if (!(error instanceof ApplicationError) || fallbackUrl === null) throw error;
    office.log.add('error', { callSid: call.sid, to: call.request.to, code: error.code, message: error.message });
    return read(office, call, { ...fetch, url: fallbackUrl, params: { ErrorCode: String(error.code), ErrorUrl: fetch.url } });
  }
};

const followDocument = async ({ url, verbs }: TwimlDocument, scene: Scene): Promise<Fetch | null> => {
  scene.documentUrl = url;
  for (const verb of verbs) {
    const next = await follow(verb, scene);
    if (next.kind === 'fetch') return next;
    if (next.kind === 'hang-up') return null;
  }
  return null;
};

/**
 * Fetches and follows TwiML from the call's URL until it hangs up or has no more to say.
 * Rejects with CallEnded where the call ends first, with ApplicationError where Twilio would apologise and hang up.
 */
export const converse = async (office: Office, call: Call, firstParams: Readonly<Record<string, string>>): Promise<void> => {
  const { person, timeline, request } = call;
  const scene: Scene = {
    person,
    timeline,
    documentUrl: request.url,
    language: 'en',
    prompts: 0,
    startTape: (tape) => startTape(office, call, tape),
    note: (kind, details) => void office.log.add(kind, { callSid: call.sid, to: request.to, ...details }, timeline.now()),
  };
  let next: Fetch | null = { kind: 'fetch', url: request.url, method: request.method, event: 'voice', params: firstParams };
  for (let documents = 0; next; documents += 1) {
    if (documents === MAX_DOCUMENTS) throw new ApplicationError(11206, `more than ${MAX_DOCUMENTS} documents in one call`);
    next = await followDocument(await readOrFallBack(office, call, next), scene);
    await timeline.elapse(0); // a call that was ended meanwhile goes no further
  }
};
