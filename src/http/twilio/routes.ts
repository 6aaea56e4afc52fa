import type { App } from '#src/http/app.ts';
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
    registerCallbackRoutes(scope, deps);
    registerVoiceRoutes(scope, deps);
  });
}
