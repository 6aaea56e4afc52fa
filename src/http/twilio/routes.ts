import type { App } from '#src/http/app-type.ts';
import { HttpProblem } from '#src/http/problems/http-problem.ts';
import { registerCallbackRoutes, type CallbackDeps } from './callback-routes.ts';
import { registerVoiceRoutes, type VoiceDeps } from './voice-routes.ts';

export type TwilioRoutesDeps = CallbackDeps & VoiceDeps;

/** Twilio's callbacks take a few kilobytes. */
const BODY_LIMIT = 32 * 1024;

/** All addresses that Twilio calls. Their bodies stay raw, since the signature is over what came. */
export async function registerTwilioRoutes(app: App, deps: TwilioRoutesDeps): Promise<void> {
  await app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) => done(null, body));
    // What is refused before a handler sees it (too large, cut short); the rest is counted where it is refused.
    scope.addHook('onError', (_request, _reply, error, done) => {
      if (!(error instanceof HttpProblem) && (error.statusCode ?? 500) < 500) deps.metrics.callbacksRefused.inc({ reason: 'unreadable' });
      done();
    });
    registerCallbackRoutes(scope, deps);
    registerVoiceRoutes(scope, deps);
  });
}
