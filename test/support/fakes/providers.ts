import { createHash } from 'node:crypto';
import type { Analysis, AnalyseRequest, Analyst } from '#src/providers/analyst.ts';
import { RecordingNotFound, Withheld } from '#src/providers/errors.ts';
import type { Push, Pushed, PushMessage } from '#src/providers/push.ts';
import type { RecordingStore } from '#src/providers/recordings.ts';
import type { Transcriber, Transcript } from '#src/providers/transcriber.ts';

/** What a provider answers, in turn: an answer, an error to throw, or something to do first. The last one stays. */
export type Script<Answer> = (Answer | Error | (() => Promise<Answer>))[];

async function next<Answer>(script: Script<Answer>): Promise<Answer> {
  const answer = script.length > 1 ? script.shift() : script[0];
  if (answer === undefined) throw new Error('the script is empty');
  if (answer instanceof Error) throw answer;
  return typeof answer === 'function' ? (answer as () => Promise<Answer>)() : answer;
}

export interface FakeStore extends RecordingStore {
  readonly objects: Map<string, Buffer>;
  failure: Error | undefined;
}

export function fakeStore(): FakeStore {
  const fake: FakeStore = {
    objects: new Map(),
    failure: undefined,
    async store({ key, bytes }) {
      if (fake.failure) throw fake.failure;
      fake.objects.set(key, bytes);
      return { url: `https://s3.example.com/bucket/${key}`, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    async fetch(key) {
      if (fake.failure) throw fake.failure;
      const bytes = fake.objects.get(key);
      if (!bytes) throw new RecordingNotFound('recordings');
      return bytes;
    },
    ping: async () => undefined,
  };
  return fake;
}

export interface FakeTranscriber extends Transcriber {
  readonly heard: Buffer[];
  script: Script<Transcript>;
}

export function fakeTranscriber(): FakeTranscriber {
  const fake: FakeTranscriber = {
    heard: [],
    script: [{ text: 'Leave it at the back door.', language: 'en' }],
    async transcribe({ bytes }) {
      fake.heard.push(bytes);
      return next(fake.script);
    },
  };
  return fake;
}

export const anAnalysis = (over: Partial<Analysis> = {}): Analysis => ({
  sentiment: 'neutral',
  keywords: ['back door'],
  instructions: 'Leave it at the back door.',
  priority: 'normal',
  confidence_score: 0.9,
  entities: [{ type: 'location', value: 'back door', confidence: 0.8 }],
  summary: 'Wants it at the back door.',
  ...over,
});

export interface FakeAnalyst extends Analyst {
  readonly read: AnalyseRequest[];
  script: Script<Analysis>;
}

export function fakeAnalyst(): FakeAnalyst {
  const fake: FakeAnalyst = {
    read: [],
    script: [anAnalysis()],
    async analyse(request) {
      fake.read.push(request);
      return next(fake.script);
    },
  };
  return fake;
}

export interface FakePush extends Push {
  readonly sent: { subscription: unknown; message: PushMessage; topic: string }[];
  script: Script<Pushed>;
}

export function fakePush(): FakePush {
  const fake: FakePush = {
    sent: [],
    script: [{ kind: 'sent' }],
    async send(subscription, message, { topic, mayStart }) {
      if (mayStart && !(await mayStart())) throw new Withheld();
      const pushed = await next(fake.script);
      if (pushed.kind === 'sent') fake.sent.push({ subscription, message, topic });
      return pushed;
    },
  };
  return fake;
}
