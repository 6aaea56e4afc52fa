import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet, { type HelmetOptions } from 'helmet';

/** For an API: nothing it answers is a page that may load, run, frame or submit anything. */
const forApi: HelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'form-action': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
};

/**
 * Helmet's headers, by name: the API's, with these options over them. They are the same in every answer, so they are made once
 * (as a middleware, Helmet writes its policies anew for each).
 */
export function securityHeaders(over: HelmetOptions = {}): Readonly<Record<string, string>> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet({ ...forApi, ...over } as HelmetOptions)(request, response, () => undefined);
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]));
}
