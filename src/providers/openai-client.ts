import OpenAI, { APIConnectionError, APIError } from 'openai';
import { PermanentlyRefused, ProviderAnswer, ProviderDown, ProviderMisconfigured, RateLimited, type Provider } from './errors.ts';
import { retryAfterMs } from './retry-after.ts';

export interface OpenAiSettings {
  apiKey: string;
  /** `https://api.openai.com/v1`, or whatever speaks its protocol. */
  baseUrl: string;
  transcriptionModel: string;
  analysisModel: string;
  /** How long one answer may take; 60 s unless given. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
const DEFAULT_WAIT_MS = 5000;
/** Most come as 429, but no waiting helps. */
const UNPAID = ['insufficient_quota', 'billing_not_active', 'billing_hard_limit_reached'];

export const openAiClient = ({ apiKey, baseUrl, timeoutMs = TIMEOUT_MS }: OpenAiSettings) =>
  new OpenAI({
    apiKey,
    baseURL: baseUrl,
    adminAPIKey: null, // these are otherwise read from the environment, behind our settings
    organization: null,
    project: null,
    timeout: timeoutMs,
    maxRetries: 0, // the job is what retries
    logLevel: 'off',
    fetchOptions: { redirect: 'error' }, // a customer's words go to the configured address only
  });

/** Runs one request; throws the signal's reason or the error that says what can be done. */
export async function askOpenAi<Result>(provider: Provider, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? signal.reason : openAiError(provider, error);
  }
}

/** https://developers.openai.com/api/docs/guides/error-codes */
function openAiError(provider: Provider, error: unknown): unknown {
  if (error instanceof SyntaxError) return new ProviderDown(provider, { cause: new Error('the answer is not JSON') });
  if (error instanceof APIConnectionError) return new ProviderDown(provider, { cause: error });
  if (!(error instanceof APIError)) return error;
  const status = Number(error.status ?? 0);
  const code = error.code ?? error.type;
  const cause = new ProviderAnswer(status, code);
  if (code && UNPAID.includes(code)) return new ProviderMisconfigured(provider, code, { cause });
  if (status === 429) return new RateLimited(provider, waitMs(error.headers as Headers | undefined), { cause });
  // 404: the model or the address.
  if (status === 401 || status === 403 || status === 404) return new ProviderMisconfigured(provider, code ?? status, { cause });
  if (status >= 400 && status < 500 && status !== 408 && status !== 409) return new PermanentlyRefused(provider, code ?? status, { cause });
  return new ProviderDown(provider, { cause });
}

/** `retry-after-ms` is OpenAI's own and the finer one. */
const waitMs = (headers: Headers | undefined) => {
  const ms = headers?.get('retry-after-ms') ?? '';
  return /^\d+(\.\d+)?$/.test(ms) ? retryAfterMs(String(Number(ms) / 1000), undefined, DEFAULT_WAIT_MS) : waitSeconds(headers);
};

const waitSeconds = (headers: Headers | undefined) =>
  retryAfterMs(headers?.get('retry-after') ?? undefined, headers?.get('date') ?? undefined, DEFAULT_WAIT_MS);
