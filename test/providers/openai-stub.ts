export const openAiAt = (url: string) => ({
  apiKey: 'sk-secret',
  baseUrl: `${url}/v1`,
  transcriptionModel: 'gpt-transcribe',
  analysisModel: 'gpt-4.1-mini',
});

export const openAiError = (code: string | null, type = 'some_error') => ({ error: { message: 'secret words', type, param: null, code } });
