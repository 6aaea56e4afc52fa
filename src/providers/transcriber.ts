export interface TranscribeRequest {
  bytes: Buffer;
  /** Its ending tells the format. */
  filename: string;
  contentType: string;
  /** ISO 639-1. Only where it is known what was spoken: the model takes it as a fact. */
  languageHint?: string;
}

export interface Transcript {
  /** What was said, as it was said: not to be trusted. Empty where nothing was. */
  text: string;
  /** ISO 639-1, where the model tells. */
  language?: string;
  /** 0 to 1, only where the model gives one; today's do not. */
  confidence?: number;
}

export interface Transcriber {
  /**
   * Speech to text; asking again costs again. Throws the signal's reason when that is aborted, and `RateLimited`, `ProviderDown`,
   * `ProviderMisconfigured` (also for an exhausted quota or an unknown model) or `PermanentlyRefused` (for this audio).
   */
  transcribe(request: TranscribeRequest, signal: AbortSignal): Promise<Transcript>;
}
