import type { FastifyInstance, RawReplyDefaultExpression, RawRequestDefaultExpression, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from '#src/platform/logger.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** 32 hexadecimal digits: the caller's (`traceparent`) or a new one. Goes into every log line and every job. */
    readonly traceId: string;
  }
}

/** Fastify whose routes take zod schemas and know their types. */
export type App = FastifyInstance<RawServerDefault, RawRequestDefaultExpression, RawReplyDefaultExpression, Logger, ZodTypeProvider>;
