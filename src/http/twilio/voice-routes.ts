import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallAttemptDoc } from '#src/db/models/callattempts.ts';
import type { Repositories } from '#src/db/repositories/repositories.ts';
import { meaningOf } from '#src/domain/call-events/choice.ts';
import type { Choice } from '#src/domain/call-events/projection.ts';
import { menuUrls } from '#src/domain/callback-urls.ts';
import { callTexts, type CallTexts } from '#src/domain/greeting.ts';
import { LIVE_ATTEMPT_STATES } from '#src/domain/vocabulary.ts';
import type { AnswerInTime } from '#src/http/answer-in-time.ts';
import type { App } from '#src/http/app-type.ts';
import { HttpProblem } from '#src/http/problems/http-problem.ts';
import { apology, menu, recordMessage, say } from '#src/providers/twiml.ts';
import { authentic, type AuthenticDeps } from './authentic.ts';
import { attemptOf, fileCallback, type FileCallbackDeps } from './file-callback.ts';
import { askAgain, heldBefore } from './hold-on.ts';
import type { Callback, CallbackName } from './request.ts';
import { choiceEvent } from './to-event.ts';

export type VoiceDeps = AuthenticDeps &
  FileCallbackDeps &
  Pick<Repositories, 'customers' | 'deliveries'> & { answerCallerInTime: AnswerInTime; companyName: string };

type Request = FastifyRequest<{ Params: { attemptId: string } }>;

/**
 * The call's own voice: somebody is on the line, so the answer is always TwiML. While the database is away the caller is asked for a moment
 * and Twilio asks again, so that no key is lost; at worst there is an apology. Redis is never needed.
 */
export function registerVoiceRoutes(app: App, deps: VoiceDeps): void {
  const speak = <Name extends CallbackName>(
    name: Name,
    script: (callback: Callback<Name>, call: Call, urls: ReturnType<typeof menuUrls>) => Promise<string>,
  ) => {
    app.post(`/webhooks/twilio/${name}/:attemptId`, { schema: { hide: true } }, async (request, reply): Promise<FastifyReply> => {
      const told = authentic(name, request as unknown as FastifyRequest, deps);
      const held = heldBefore(request.query);
      const pressed = 'Digits' in told && told.Digits !== '' ? told.Digits : held.digits;
      const callback = pressed === undefined ? told : { ...told, Digits: pressed };
      const { attemptId } = (request as unknown as Request).params;
      reply.type('text/xml');
      const answer = async () => {
        const call = await callOf(attemptId, callback.CallSid, deps);
        return call ? script(callback, call, menuUrls(deps.publicUrl, attemptId)) : apology();
      };
      try {
        return await reply.send(await deps.answerCallerInTime(answer()));
      } catch (error) {
        const refused = error instanceof HttpProblem && error.status < 500;
        const again = refused ? null : askAgain(deps.publicUrl, name, attemptId, { ...held, digits: pressed });
        if (again === null) request.log.error({ err: error }, 'apologised to a caller');
        else request.log.warn({ err: error, again: held.again + 1 }, 'asked a caller for a moment');
        return reply.send(again ?? apology());
      }
    });
  };

  speak('voice', async (_callback, { attempt, texts }, { choice }) => {
    if (attempt.cancel_requested) return notNeeded(texts);
    return isLive(attempt) ? menu({ texts: [texts.greeting, texts.menu], language: texts.language, actionUrl: choice }) : apology();
  });
  speak('choice', async (callback, { attempt, texts }, { recorded, recordingStatus }) => {
    const { language } = texts;
    const choice = choiceOf(callback.Digits);
    // There is nothing to answer any more, but who wants no more calls is heard.
    if (attempt.cancel_requested && choice !== '9') return notNeeded(texts);
    if (!choice) return say({ texts: [texts.noInput], language });
    // Filed before it is acknowledged: what we say to have noted is noted.
    await fileCallback(choiceEvent(callback, deps.time.now()), attempt, deps);
    const answer = [texts.thanks[choice]];
    return meaningOf(choice) === 'instructed'
      ? recordMessage({ texts: answer, language, actionUrl: recorded, recordingStatusUrl: recordingStatus })
      : say({ texts: answer, language });
  });
  speak('recorded', async (_callback, { texts }) => say({ texts: [texts.recorded], language: texts.language }));
}

interface Call {
  attempt: CallAttemptDoc;
  texts: CallTexts;
}

/** Whom we speak to and how; null when this call is none of ours. It may be over: a key that was pressed is often told after the end, and counts. */
async function callOf(attemptId: string, callSid: string, deps: VoiceDeps): Promise<Call | null> {
  const attempt = await attemptOf(attemptId, deps);
  const ours = isLive(attempt) ? (attempt.call_sid ?? callSid) === callSid : attempt.state === 'finished' && attempt.call_sid === callSid;
  if (!ours) return null;
  const [customer, delivery] = await Promise.all([deps.customers.find(attempt.customer_id), deps.deliveries.find(attempt.delivery_id)]);
  if (!customer || !delivery) return null;
  const { language, timezone } = customer.preferences;
  const occasion = {
    customerName: customer.name,
    companyName: deps.companyName,
    scheduledTime: delivery.scheduled_time,
    timezone,
    language,
  };
  return { attempt, texts: callTexts(occasion) };
}

const isLive = ({ state }: CallAttemptDoc) => (LIVE_ATTEMPT_STATES as readonly string[]).includes(state);

/** Twilio was asked to end the call and has not done so yet. */
const notNeeded = ({ notNeeded: text, language }: CallTexts) => say({ texts: [text], language });

const CHOICES: readonly string[] = ['1', '2', '3', '9'] satisfies Choice[];
const choiceOf = (digits: string): Choice | null => (CHOICES.includes(digits) ? (digits as Choice) : null);
