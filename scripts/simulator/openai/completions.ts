import { randomUUID } from 'node:crypto';

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

import type { World } from '../world.ts';
import { analyse } from './analyse.ts';
import { ApiError, quotaExceeded } from './api-error.ts';
import { fillSchema } from './fill-schema.ts';
import { checkStrictSchema } from './schema-rules.ts';
import { transcriptIn } from './transcript-in.ts';

const Part = z.object({ type: z.string(), text: z.string().optional() });
const Request = z.object({
  model: z.string().min(1),
  messages: z.array(z.object({ role: z.string(), content: z.union([z.string(), z.array(Part), z.null()]).optional() })).min(1),
  response_format: z
    .union([
      z.object({
        type: z.literal('json_schema'),
        json_schema: z.object({
          name: z.string().regex(/^[\w-]{1,64}$/),
          strict: z.boolean().nullish(),
          schema: z.record(z.string(), z.unknown()).default({}),
        }),
      }),
      z.object({ type: z.enum(['text', 'json_object']) }),
    ])
    .optional(),
});
type Request = z.output<typeof Request>;

const parse = (body: unknown): Request => {
  const parsed = Request.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') ?? '';
  throw new ApiError(400, `Invalid value for '${param}': ${issue?.message ?? 'malformed'}`, { param, code: 'invalid_value' });
};

const textOf = ({ content }: Request['messages'][number]): string =>
  typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('\n');

const tokens = (text: string): number => Math.ceil(text.length / 4);

const answerFor = (request: Request, transcript: string): string => {
  const facts = analyse(transcript);
  const format = request.response_format;
  if (format?.type !== 'json_schema') return format?.type === 'json_object' ? JSON.stringify(facts) : facts.summary;
  const { name, strict, schema } = format.json_schema;
  if (strict === true) checkStrictSchema(name, schema);
  return JSON.stringify(fillSchema(schema, { ...facts }));
};

const completion = (request: Request, content: string | null, finishReason: 'stop' | 'length', refusal: string | null) => {
  const asked = tokens(request.messages.map(textOf).join(''));
  const said = tokens(content ?? refusal ?? '');
  return {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    choices: [{ index: 0, message: { role: 'assistant', content, refusal, annotations: [] }, logprobs: null, finish_reason: finishReason }],
    usage: { prompt_tokens: asked, completion_tokens: said, total_tokens: asked + said },
    service_tier: 'default',
  };
};

/** POST /v1/chat/completions: analyses the transcript in the last user message, in the shape of the schema that it is given. */
export const completionRoute = (app: FastifyInstance, { log, faults }: World): void => {
  app.post('/v1/chat/completions', (http) => {
    const request = parse(http.body);
    const asked = request.messages.findLast(({ role }) => role === 'user');
    const transcript = transcriptIn(asked ? textOf(asked) : '');
    const content = answerFor(request, transcript);
    const fault = faults.take('openai', { method: 'POST', path: '/v1/chat/completions' }, [
      'insufficient-quota',
      'invalid-json',
      'refusal',
      'length',
    ]);
    if (fault?.kind === 'insufficient-quota') throw quotaExceeded();
    log.add('analysis', { model: request.model, transcript, content, fault: fault?.kind ?? null });
    if (fault?.kind === 'refusal') return completion(request, null, 'stop', "I'm sorry, I can't assist with that request.");
    if (fault?.kind === 'length') return completion(request, content.slice(0, Math.floor(content.length / 2)), 'length', null);
    return completion(request, fault?.kind === 'invalid-json' ? `Here you are: ${content}` : content, 'stop', null);
  });
};
