import { entityPatterns, negative, positive, pressing, topics, urgent } from './words.ts';

/** What the analyst makes of a transcript; the names are the ones that a schema is searched for. */
export interface Analysis {
  sentiment: string;
  keywords: string[];
  instructions: string;
  priority: string;
  confidence_score: number;
  confidence: number;
  entities: { type: string; value: string; confidence: number }[];
  summary: string;
  language: string;
}

const SPANISH = /[ñ¿¡áéíóú]|\b(por favor|el|la|los|gracias|puerta|paquete)\b/i;

export const languageOf = (text: string): 'en' | 'es' => (SPANISH.test(text) ? 'es' : 'en');

const sentimentOf = (text: string): string => {
  if (negative.test(text)) return 'negative';
  return positive.test(text) ? 'positive' : 'neutral';
};

const priorityOf = (text: string): string => {
  if (urgent.test(text)) return 'urgent';
  return pressing.test(text) ? 'high' : 'normal';
};

/** Plain rules over the text alone: the same transcript always gives the same analysis, another gives another. */
export const analyse = (transcript: string): Analysis => {
  const text = transcript.trim();
  const confidence = text === '' ? 0.1 : Math.min(0.98, 0.7 + 0.01 * text.split(/\s+/).length);
  return {
    sentiment: sentimentOf(text),
    keywords: [...new Set([...text.matchAll(topics)].map(([word]) => word.toLowerCase()))].slice(0, 8),
    instructions: text,
    priority: priorityOf(text),
    confidence_score: Number(confidence.toFixed(2)),
    confidence: Number(confidence.toFixed(2)),
    entities: entityPatterns.flatMap(({ type, pattern, confidence: sure }) =>
      [...text.matchAll(pattern)].map(([value]) => ({ type, value, confidence: sure })),
    ),
    summary: text === '' ? 'The customer said nothing.' : `The customer says: ${text.length > 120 ? `${text.slice(0, 117)}...` : text}`,
    language: languageOf(text),
  };
};
