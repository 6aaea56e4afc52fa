import { toFile } from 'openai';
import { z } from 'zod';
import { ProviderDown } from './errors.ts';
import { askOpenAi, openAiClient, type OpenAiSettings } from './openai-client.ts';
import type { Transcriber } from './transcriber.ts';

/** Two minutes of speech are some 3,000 characters. */
const LONGEST_TEXT = 20_000;

const Answer = z.object({
  text: z.string(),
  languages: z.array(z.object({ code: z.string() })).optional(),
});

/** Transcription by OpenAI's `/audio/transcriptions`. https://developers.openai.com/api/docs/guides/speech-to-text */
export function createOpenAiTranscriber(settings: OpenAiSettings): Transcriber {
  const client = openAiClient(settings);
  return {
    transcribe: ({ bytes, filename, contentType, languageHint }, signal) =>
      askOpenAi('transcriber', signal, async () => {
        const answer = await client.audio.transcriptions.create(
          {
            file: await toFile(bytes, filename, { type: contentType }),
            model: settings.transcriptionModel,
            response_format: 'json', // the one that all models have
            ...(languageHint === undefined ? {} : { language: languageHint }),
          },
          { signal },
        );
        const parsed = Answer.safeParse(answer);
        if (!parsed.success) throw new ProviderDown('transcriber', { cause: new Error('the answer is no transcript') });
        const language = parsed.data.languages?.[0]?.code;
        return { text: parsed.data.text.slice(0, LONGEST_TEXT).trim(), ...(language === undefined ? {} : { language }) };
      }),
  };
}
