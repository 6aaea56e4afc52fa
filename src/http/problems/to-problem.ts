import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { isDatabaseAway } from '#src/db/database-away.ts';
import { fieldErrors } from './field-errors.ts';
import { HttpProblem, invalidRequest, unavailable } from './http-problem.ts';

/** Fastify's own errors, by code. */
const KNOWN: Record<string, () => HttpProblem> = {
  FST_ERR_CTP_INVALID_JSON_BODY: () => brokenBody('The body is not valid JSON.'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => brokenBody('The body is empty.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => brokenBody('The body is not as long as Content-Length says.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => new HttpProblem({ status: 415, detail: 'This Content-Type is not understood here.' }),
  FST_ERR_CTP_BODY_TOO_LARGE: () => new HttpProblem({ status: 413, type: 'body-too-large', detail: 'The body is too large.' }),
  FST_ERR_BAD_URL: () => new HttpProblem({ status: 400, detail: 'The address is not a valid URL.' }),
  FST_ERR_MAX_PARAM_LENGTH: () => new HttpProblem({ status: 414, detail: 'A part of the address is too long.' }),
  FST_ERR_HANDLER_TIMEOUT: () => unavailable('outcome-unknown'),
};

/** Every error as the problem that is answered; one that nobody foresaw is a 500 without details. */
export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalidRequest(fieldErrors(error.validation, error.validationContext));
  if (!(error instanceof Error)) return unforeseen(error);

  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' ? KNOWN[code] : undefined;
  if (known) return known();
  if (isDatabaseAway(error)) return unavailable('outcome-unknown', error);
  // A library's word about the request (its message may hold what was sent).
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) return new HttpProblem({ status: statusCode, cause: error });
  return unforeseen(error);
}

function brokenBody(detail: string): HttpProblem {
  return new HttpProblem({
    status: 400,
    type: 'invalid-request',
    title: 'The request is not valid',
    detail,
    errors: [{ in: 'body', field: '', message: detail }],
  });
}

function unforeseen(cause: unknown): HttpProblem {
  return new HttpProblem({
    status: 500,
    detail: 'The fault is on our side and was noted. Whether the request took effect is not known.',
    cause,
  });
}
