import { createHash } from 'node:crypto';

import type { FastifyInstance, FastifyRequest } from 'fastify';

import { listen } from '../audio/listen.ts';
import type { World } from '../world.ts';
import { languageOf } from './analyse.ts';
import { ApiError, quotaExceeded } from './api-error.ts';

const MAX_BYTES = 25 * 1024 * 1024;
const formats = /\.(flac|mp3|mp4|mpeg|mpga|m4a|ogg|wav|webm)$/i;
const models = /^(whisper-1|gpt-[\w.-]*transcribe[\w.-]*)$/;

const tokens = (text: string): number => Math.ceil(text.length / 4);

const parseForm = async (request: FastifyRequest) => {
  const contentType = request.headers['content-type'] ?? '';
  if (!contentType.startsWith('multipart/form-data')) throw new ApiError(400, 'Request must be multipart/form-data.');
  const form = await new Response(request.body as Buffer<ArrayBuffer>, { headers: { 'content-type': contentType } }).formData();
  const file = form.get('file');
  const text = (name: string): string | undefined => {
    const value = form.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  if (file === null || typeof file === 'string') throw new ApiError(400, "Missing required parameter: 'file'.", { param: 'file' });
  return {
    file,
    model: text('model'),
    language: text('language') ?? text('languages[]'),
    responseFormat: text('response_format') ?? 'json',
  };
};

const checkModel = (model: string | undefined, responseFormat: string): string => {
  if (model === undefined || model === '') throw new ApiError(400, "Missing required parameter: 'model'.", { param: 'model' });
  if (!models.test(model))
    throw new ApiError(404, `The model \`${model}\` does not exist or you do not have access to it.`, { code: 'model_not_found' });
  const allowed = model === 'whisper-1' ? ['json', 'text', 'verbose_json'] : ['json', 'text'];
  if (allowed.includes(responseFormat)) return model;
  throw new ApiError(400, `response_format '${responseFormat}' is not compatible with model '${model}'.`, {
    param: 'response_format',
    code: 'unsupported_value',
  });
};

const unreadable = (message: string) => new ApiError(400, message, { param: 'file', code: 'invalid_value' });

/** POST /v1/audio/transcriptions: what is heard depends on nothing but the bytes. */
export const transcriptionRoute = (app: FastifyInstance, { log, faults }: World): void => {
  app.post('/v1/audio/transcriptions', async (request, reply) => {
    const { file, model: wanted, language, responseFormat } = await parseForm(request);
    const model = checkModel(wanted, responseFormat);
    const fault = faults.take('openai', { method: 'POST', path: '/v1/audio/transcriptions' }, ['insufficient-quota', 'empty-transcript']);
    if (fault?.kind === 'insufficient-quota') throw quotaExceeded();
    const bytes = Buffer.from(await file.arrayBuffer());
    if (bytes.length > MAX_BYTES)
      throw new ApiError(413, `Maximum content size limit (${MAX_BYTES}) exceeded (${bytes.length} bytes read)`);
    if (!formats.test(file.name))
      throw unreadable(`Invalid file format. Supported formats: flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav, webm`);
    if (bytes.length === 0) throw unreadable('Audio file is too short. Minimum audio length is 0.1 seconds.');
    const heard = listen(bytes);
    if (!heard) throw unreadable('Audio file might be corrupted or unsupported');

    const text = fault ? '' : heard.text;
    const spoken = text === '' ? (language ?? 'en') : languageOf(text);
    log.add('transcription', {
      model,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      seconds: heard.seconds,
      text,
      language: spoken,
    });
    if (responseFormat === 'text') return reply.type('text/plain').send(`${text}\n`);
    if (responseFormat === 'verbose_json') return { task: 'transcribe', language: spoken, duration: heard.seconds, text, segments: [] };
    const audio = Math.ceil(heard.seconds * 10);
    return {
      text,
      languages: [{ code: spoken }],
      usage: {
        type: 'tokens',
        input_tokens: audio,
        input_token_details: { text_tokens: 0, audio_tokens: audio },
        output_tokens: tokens(text),
        total_tokens: audio + tokens(text),
      },
    };
  });
};
