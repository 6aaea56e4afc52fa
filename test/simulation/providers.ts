import { AnalysisUnusable, ProviderDown, ProviderMisconfigured, RateLimited, RecordingNotFound, Withheld } from '#src/providers/errors.ts';
import type { Analyst } from '#src/providers/analyst.ts';
import type { Push } from '#src/providers/push.ts';
import type { RecordingStore } from '#src/providers/recordings.ts';
import type { Transcriber } from '#src/providers/transcriber.ts';
import type { Actor } from './actor.ts';
import { watchEffects, type EffectRules } from './rules-of-effects.ts';
import type { World } from './world.ts';

/** What all processes share behind their providers. */
export interface Outside {
  objects: Map<string, Buffer>;
  rules: EffectRules;
}

export const createOutside = (world: World): Outside => ({ objects: new Map(), rules: watchEffects(world) });

/** One process's way to S3, OpenAI and the push service. What was said follows from the bytes. */
export function createProviders(
  actor: Actor,
  { objects, rules }: Outside,
  { random, weather, counter }: World,
): { recordingStore: RecordingStore; transcriber: Transcriber; analyst: Analyst; push: Push } {
  const ask = async <Result>(what: string, signal: AbortSignal, effect: () => Result, errors: (() => Error)[]): Promise<Result> => {
    signal.throwIfAborted();
    return actor.trip(what, () => {
      if (!random.chance(weather.provider)) return effect();
      counter.add('requests at providers that failed');
      if (random.chance(0.3)) effect();
      throw random.pick(errors)();
    });
  };
  const s3 = [() => new ProviderDown('recordings')];
  const openai = [
    () => new ProviderDown('transcriber'),
    () => new RateLimited('transcriber', 3000),
    () => new ProviderMisconfigured('transcriber'),
  ];
  return {
    recordingStore: {
      store({ key, bytes }, signal) {
        rules.uploading(key);
        return ask(
          's3 store',
          signal,
          () => {
            objects.set(key, bytes);
            return { url: `https://s3.example.com/${key}`, size: bytes.length, sha256: 'a' };
          },
          s3,
        );
      },
      fetch: (key, { signal }) =>
        ask(
          's3 fetch',
          signal,
          () => {
            const bytes = objects.get(key);
            if (!bytes) throw new RecordingNotFound('recordings');
            return bytes;
          },
          s3,
        ),
      ping: async () => undefined,
    },
    transcriber: {
      transcribe: ({ bytes }, signal) => ask('transcribe', signal, () => ({ text: `said in ${bytes.toString()}`, language: 'en' }), openai),
    },
    analyst: {
      analyse: ({ transcript }, signal) =>
        ask(
          'analyse',
          signal,
          () => ({
            sentiment: 'neutral',
            keywords: [],
            instructions: random.chance(0.8) ? transcript : null,
            priority: 'normal',
            confidence_score: 0.5,
            entities: [],
            summary: transcript,
          }),
          [...openai, () => new AnalysisUnusable('not-json')],
        ),
    },
    push: {
      async send(_subscription, _message, { topic, mayStart }, signal) {
        if (mayStart && !(await mayStart())) throw new Withheld();
        return ask(
          'push',
          signal,
          () => {
            rules.pushed(topic);
            return { kind: 'sent' };
          },
          [() => new ProviderDown('push'), () => new RateLimited('push', 1000), () => new ProviderMisconfigured('push')],
        );
      },
    },
  };
}
