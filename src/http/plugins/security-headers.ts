import type { FastifyHelmetOptions } from '@fastify/helmet';

/** For an API: nothing it answers is a page that may load, run, frame or submit anything. */
export const apiHeaders: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'form-action': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
};
