import type { FastifyRequest } from 'fastify';
import type { ApiKeyRecord, ApiKeys } from '#src/db/repositories/api-keys.ts';
import type { App } from '#src/http/app-type.ts';
import { problem, unavailable, type HttpProblem } from '#src/http/problems/http-problem.ts';
import type { Logger } from '#src/platform/logger.ts';
import type { RedisClient } from '#src/platform/redis.ts';
import { SECOND } from '#src/platform/time.ts';
import { createKeyCache } from './key-cache.ts';
import { bearerKey, hashOfKey, type Permission } from './key-format.ts';
import { createKeyLimiter } from './key-limiter.ts';
import { createKeyUsage } from './key-usage.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set by `requireKey`, and only there. */
    apiKey: { readonly id: string };
  }
}

export interface ApiKeyAuthOptions {
  keys: Pick<ApiKeys, 'findByHash' | 'touch'>;
  /** APP_ENV: a key made for another environment is refused. */
  environment: string;
  /** A client that fails fast. */
  redis: RedisClient;
  /** Of the keys in Redis. */
  prefix: string;
  now: () => Date;
  log: Logger;
  /** Milliseconds of a clock that only goes on; default: the machine's. */
  monotonic?: () => number;
}

export interface ApiKeyAuth {
  /** An `onRequest` hook: before a body is read, the caller must hold a key with this permission, within its rate. 401, 403, 429 or 503 otherwise. */
  requireKey(permission: Permission): (request: FastifyRequest) => Promise<void>;
}

/** API keys for the routes of `app`, closed with it. */
export function createApiKeyAuth(app: App, options: ApiKeyAuthOptions): ApiKeyAuth {
  const { keys, environment, redis, prefix, now, log, monotonic = () => performance.now() } = options;
  const cache = createKeyCache((hash) => keys.findByHash(hash), monotonic);
  const limiter = createKeyLimiter(redis, prefix, monotonic);
  const usage = createKeyUsage((id, uses, at) => keys.touch(id, uses, at), now, log);
  app.decorateRequest('apiKey');
  app.addHook('onClose', async () => {
    await Promise.all([limiter.close(), usage.close()]);
  });

  const recordOf = async (key: string): Promise<ApiKeyRecord | null> => {
    try {
      return await cache.find(hashOfKey(key));
    } catch (error) {
      throw unavailable('nothing-done', error);
    }
  };

  return {
    requireKey: (permission) => async (request) => {
      const key = bearerKey(request.headers.authorization);
      if (!key) throw unauthorized('Send an API key: Authorization: Bearer dla_…', 'Bearer realm="delauto"');
      const record = await recordOf(key);
      if (!record?.active || record.environment !== environment) {
        throw unauthorized('The API key is unknown, revoked, or for another environment.', 'Bearer realm="delauto", error="invalid_token"');
      }
      if (!record.permissions.includes(permission)) throw forbidden(permission);
      const waitMs = limiter.take(record.id, record.rateLimit);
      if (waitMs > 0) throw tooMany(waitMs);
      usage.count(record.id);
      request.apiKey = { id: record.id };
    },
  };
}

function unauthorized(detail: string, challenge: string): HttpProblem {
  return problem({ status: 401, detail, headers: { 'www-authenticate': challenge } });
}

function forbidden(permission: Permission): HttpProblem {
  const challenge = `Bearer realm="delauto", error="insufficient_scope", scope="${permission}"`;
  return problem({ status: 403, detail: `The API key lacks the permission ${permission}.`, headers: { 'www-authenticate': challenge } });
}

function tooMany(waitMs: number): HttpProblem {
  return problem({
    status: 429,
    detail: "The API key's rate limit is used up.",
    headers: { 'retry-after': String(Math.ceil(waitMs / SECOND)) },
  });
}
