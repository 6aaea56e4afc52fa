import type { App } from '#src/http/app-type.ts';
import type { AnswerInTime } from '#src/http/answer-in-time.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { authentic, type AuthenticDeps } from './authentic.ts';
import { attemptOf, fileCallback, type FileCallbackDeps } from './file-callback.ts';
import { refuseOldNews } from './stale.ts';
import { amdEvent, recordingEvent, statusEvent } from './to-event.ts';

export interface CallbackDeps extends AuthenticDeps, FileCallbackDeps {
  answerInTime: AnswerInTime;
}

interface Parameters {
  Params: { attemptId: string };
}

/** What Twilio reports without waiting for an answer: verified, filed, answered 204. With the database away 503, and Twilio tries again. */
export function registerCallbackRoutes(app: App, deps: CallbackDeps): void {
  const report =
    (toEvent: (request: FastifyRequest) => CallEvent) =>
    async (request: FastifyRequest<Parameters>, reply: FastifyReply): Promise<void> => {
      const event = toEvent(request);
      await deps.answerInTime(attemptOf(request.params.attemptId, deps).then((attempt) => fileCallback(event, attempt, deps)));
      await reply.code(204).send();
    };
  const now = () => deps.time.now();
  app.post<Parameters>(
    '/webhooks/twilio/status/:attemptId',
    { schema: { hide: true } },
    report((request) => {
      const callback = authentic('status', request, deps);
      refuseOldNews(callback.Timestamp, deps);
      return statusEvent(callback, now());
    }),
  );
  app.post<Parameters>(
    '/webhooks/twilio/amd/:attemptId',
    { schema: { hide: true } },
    report((request) => amdEvent(authentic('amd', request, deps), now())),
  );
  app.post<Parameters>(
    '/webhooks/twilio/recording/:attemptId',
    { schema: { hide: true } },
    report((request) => recordingEvent(authentic('recording', request, deps), now())),
  );
}
