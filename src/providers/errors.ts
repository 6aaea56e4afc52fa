/** What failed, by the interface that was asked. */
export type Provider = 'telephony' | 'recordings' | 'transcriber' | 'analyst' | 'push';

/**
 * A provider did not do what it was asked. Subclasses are named by what the caller can do. Messages are short and constant, and
 * `cause` never holds a provider's own words: those repeat phone numbers, keys and addresses.
 */
export abstract class ProviderError extends Error {
  readonly provider: Provider;

  constructor(provider: Provider, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.provider = provider;
  }
}

/** Nothing was done: come again after `retryAfterMs`, with everything that goes to this provider. */
export class RateLimited extends ProviderError {
  readonly retryAfterMs: number;

  constructor(provider: Provider, retryAfterMs: number, options?: ErrorOptions) {
    super(provider, `${provider}: asked to slow down`, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Nothing was sent: this process has found that requests of this kind fail. Says nothing of other kinds. */
export class CircuitOpen extends RateLimited {}

/** No answer, or one that says the provider is in trouble. Repeating helps once it is back; whether it is safe, the call's own words say. */
export class ProviderDown extends ProviderError {
  constructor(provider: Provider, options?: ErrorOptions) {
    super(provider, `${provider}: unavailable`, options);
  }
}

/** This very request was sent and broke off: also the one that opened its circuit. */
export const brokeOff = (error: unknown): boolean =>
  error instanceof ProviderDown || (error instanceof CircuitOpen && error.cause instanceof ProviderDown);

/** Credentials, quota, sender's number, bucket, model: every request will fail until an operator has looked. */
export class ProviderMisconfigured extends ProviderError {
  readonly code: string | number | undefined;

  constructor(provider: Provider, code?: string | number, options?: ErrorOptions) {
    super(provider, `${provider}: refuses our settings`, options);
    this.code = code;
  }
}

/** This very request will always be refused. `code` is the provider's own word for why. */
export class PermanentlyRefused extends ProviderError {
  readonly code: string | number;

  constructor(provider: Provider, code: string | number, options?: ErrorOptions) {
    super(provider, `${provider}: refused for good`, options);
    this.code = code;
  }
}

/** The caller itself did not let it begin (`mayStart`): nothing was sent, and the provider was not asked. */
export class Withheld extends Error {
  /** Real milliseconds after which it may be asked again; 0 where it need not wait. */
  readonly waitMs: number;

  constructor(waitMs = 0) {
    super('not begun: no longer allowed to');
    this.name = 'Withheld';
    this.waitMs = waitMs;
  }
}

/** There is no such recording, or not yet: Twilio announces some before they can be fetched. */
export class RecordingNotFound extends ProviderError {
  constructor(provider: Provider, options?: ErrorOptions) {
    super(provider, `${provider}: no such recording`, options);
  }
}

export type RecordingFlaw = 'empty' | 'wrong-type' | 'too-large' | 'truncated' | 'redirected';

/** What came is no recording that we can use. */
export class RecordingUnusable extends ProviderError {
  readonly reason: RecordingFlaw;

  constructor(provider: Provider, reason: RecordingFlaw, options?: ErrorOptions) {
    super(provider, `${provider}: unusable recording (${reason})`, options);
    this.reason = reason;
  }
}

export type AnalysisFlaw = 'refused' | 'cut-off' | 'not-json' | 'wrong-shape';

/** The model answered, but not with an analysis, however often it was asked to. */
export class AnalysisUnusable extends ProviderError {
  readonly reason: AnalysisFlaw;

  constructor(reason: AnalysisFlaw, options?: ErrorOptions) {
    super('analyst', `analyst: unusable answer (${reason})`, options);
    this.reason = reason;
  }
}

/** An answer that was not a success, reduced to what may be logged: the `cause` of the errors above. */
export class ProviderAnswer extends Error {
  readonly status: number;
  readonly code: string | number | undefined;

  constructor(status: number, code?: string | number) {
    super(code === undefined ? `HTTP ${status}` : `HTTP ${status}, code ${code}`);
    this.name = 'ProviderAnswer';
    this.status = status;
    this.code = code;
  }
}
