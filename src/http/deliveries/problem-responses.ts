import { STATUS_CODES } from 'node:http';
import { z } from 'zod';

/** RFC 9457, as `sendProblem` writes it. */
const Problem = z
  .object({
    type: z.string().meta({ description: 'What kind of problem; stable.', examples: ['/problems/invalid-request'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().meta({ description: "The request's path." }),
    trace_id: z.string().meta({ description: 'What to look for in the logs.' }),
    errors: z
      .array(z.object({ in: z.enum(['body', 'query', 'path', 'header']), field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Which fields are at fault.' }),
  })
  .meta({ id: 'Problem' });

const describe = (status: number) => ({
  description: STATUS_CODES[status] ?? 'Error',
  content: { 'application/problem+json': { schema: Problem } },
});

/** What every route of the API may answer instead, for the description; `more`: statuses of this route. */
export const problemResponses = (...more: number[]) =>
  Object.fromEntries([400, 401, 403, 429, 500, 503, ...more].toSorted((a, b) => a - b).map((status) => [status, describe(status)]));
