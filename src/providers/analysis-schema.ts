import { z } from 'zod';
import { PRIORITIES, SENTIMENTS } from '#src/domain/vocabulary.ts';
import type { Analysis } from './analyst.ts';

/** One line without control characters, cut at `longest`. */
const text = (longest: number) =>
  z.string().transform((raw) =>
    raw
      .toWellFormed()
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, longest),
  );

/** The range is checked here and only told to the model: strict schemas of some models know no bounds. A value out of it is not bent into it. */
const unit = z
  .number()
  .refine((value) => value >= 0 && value <= 1, 'must be between 0 and 1')
  .describe('between 0 and 1');

const capped = <Item extends z.ZodType>(item: Item, most: number) => z.array(item).transform((items) => items.slice(0, most));

/** An analysis, as the model writes it and as we take it. */
export const AnalysisSchema = z.strictObject({
  sentiment: z.enum(SENTIMENTS),
  keywords: capped(text(60), 10).describe('up to ten words that matter to the driver'),
  instructions: text(1000)
    .nullable()
    .describe('what the driver should do, in one or two sentences; null if the customer asked for nothing'),
  priority: z.enum(PRIORITIES).describe('how soon the driver must know'),
  confidence_score: unit,
  entities: capped(
    z.strictObject({ type: text(40).describe('person, location, time, phone or other'), value: text(200), confidence: unit }),
    20,
  ),
  summary: text(500).describe('one sentence'),
}) satisfies z.ZodType<Analysis>;

/** The same as JSON Schema for `strict: true`: every property required, none added. https://developers.openai.com/api/docs/guides/structured-outputs */
export const analysisJsonSchema = (): Record<string, unknown> => {
  const { $schema: _, ...schema } = z.toJSONSchema(AnalysisSchema, { io: 'input' });
  return schema;
};
