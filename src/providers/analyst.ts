import type { Priority, Sentiment } from '#src/domain/vocabulary.ts';

export interface Entity {
  /** person, location, time, … */
  type: string;
  value: string;
  /** 0 to 1, as the model says. */
  confidence: number;
}

/** What a customer wants, read out of their words. Every text is bounded, and as little to be trusted as the transcript. */
export interface Analysis {
  sentiment: Sentiment;
  keywords: string[];
  /** null: they asked for nothing. */
  instructions: string | null;
  priority: Priority;
  /** 0 to 1, as the model says. */
  confidence_score: number;
  entities: Entity[];
  summary: string;
}

export interface AnalyseRequest {
  transcript: string;
  /** ISO 639-1. */
  language: string;
}

export interface Analyst {
  /**
   * Asking again costs again, and may answer otherwise. An answer that is no analysis has been sent back twice by the time that
   * `AnalysisUnusable` is thrown: asking once more is an operator's decision. Throws the signal's reason when that is aborted, and `AnalysisUnusable`,
   * `RateLimited`, `ProviderDown`, `ProviderMisconfigured` (also for an exhausted quota or an unknown model) or `PermanentlyRefused`.
   */
  analyse(request: AnalyseRequest, signal: AbortSignal): Promise<Analysis>;
}
