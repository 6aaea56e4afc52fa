export interface StoreRequest {
  /** At most 1,024 bytes; the same key holds the same recording. */
  key: string;
  bytes: Buffer;
  contentType: string;
  /** ASCII, at most some kilobytes. */
  metadata: Record<string, string>;
}

export interface StoredRecording {
  /** `endpoint/bucket/key`: names the object, opens only to who has the credentials. */
  url: string;
  /** Bytes. */
  size: number;
  /** Hexadecimal. */
  sha256: string;
}

/**
 * Where recordings are kept. Everything throws the signal's reason when that is aborted, and `RateLimited`, `ProviderDown`,
 * `ProviderMisconfigured` or `PermanentlyRefused`; every call may be repeated.
 */
export interface RecordingStore {
  /** Writes the object, then asks the store what it has: resolves only if size and hash are ours (else `ProviderDown`). */
  store(request: StoreRequest, signal: AbortSignal): Promise<StoredRecording>;
  /** Throws also `RecordingNotFound` and `RecordingUnusable`. */
  fetch(key: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Buffer>;
  /** Resolves when the bucket answers to our credentials. */
  ping(signal: AbortSignal): Promise<void>;
}
