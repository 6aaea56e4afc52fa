import { z } from 'zod';
import { PermanentlyRefused, ProviderAnswer, ProviderDown, ProviderMisconfigured, RateLimited } from './errors.ts';
import { retryAfterMs } from './retry-after.ts';
import { AnswerTooLarge, ExchangeFailed, type Answer } from './transport.ts';
import { twilioError } from './twilio-errors.ts';

const DEFAULT_WAIT_MS = 1000;

/** An answer that is not a success, without the words in it: they repeat the number. */
export class TwilioAnswered extends ProviderAnswer {
  readonly waitMs: number | undefined;

  constructor(status: number, code: number | undefined, waitMs: number | undefined) {
    super(status, code);
    this.waitMs = waitMs;
  }

  get twilioCode(): number | undefined {
    return typeof this.code === 'number' ? this.code : undefined;
  }
}

const ErrorBody = z.object({ code: z.number().int() });

export function twilioAnswered({ status, headers, body }: Answer): TwilioAnswered {
  const wait = retryAfterMs(headers['retry-after'], headers.date, -1);
  return new TwilioAnswered(status, codeIn(body.toString('utf8')), wait < 0 ? undefined : wait);
}

function codeIn(body: string): number | undefined {
  try {
    return ErrorBody.safeParse(JSON.parse(body)).data?.code;
  } catch {
    return undefined;
  }
}

/** The error that says what can be done, for a request that may be repeated. */
export function asProviderError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof TwilioAnswered) return answerError(error);
  if (error instanceof ExchangeFailed || error instanceof AnswerTooLarge || error instanceof SyntaxError)
    return new ProviderDown('telephony', { cause: withoutWords(error) });
  return error;
}

/** The same for an answer alone. */
export function answerError(answer: TwilioAnswered): RateLimited | ProviderDown | ProviderMisconfigured | PermanentlyRefused {
  const { status, twilioCode, waitMs } = answer;
  if (status < 400 || status === 408 || status >= 500) return new ProviderDown('telephony', { cause: answer });
  const known = twilioError(status, twilioCode);
  switch (known.action) {
    case 'retry':
      return new RateLimited('telephony', waitMs ?? known.waitMs ?? DEFAULT_WAIT_MS, { cause: answer });
    case 'configuration':
      return new ProviderMisconfigured('telephony', twilioCode ?? status, { cause: answer });
    case 'permanent-number':
    case 'permanent-policy':
    case 'opted-out':
    case 'unlisted':
      return new PermanentlyRefused('telephony', twilioCode ?? status, { cause: answer });
  }
}

/** A JSON parser quotes what it could not read. */
const withoutWords = (error: Error) => (error instanceof SyntaxError ? new Error('the answer is not JSON') : error);
