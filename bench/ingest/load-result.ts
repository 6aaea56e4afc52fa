export interface LoadOrder {
  origin: string;
  /** The API key. */
  key: string;
  connections: number;
  seconds: number;
  /** Bodies are numbered from here on. */
  first: number;
}

export interface LoadResult {
  /** Warming up and what was under way at the end included. */
  sent: number;
  /** The ids of all that was answered with 202, warming up included. */
  accepted: string[];
  /** Other answers, and requests without one. */
  failed: number;
  /** The most frequent other answer. */
  failure?: string;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p95: number;
}
