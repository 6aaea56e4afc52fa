import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  PermanentlyRefused,
  ProviderDown,
  ProviderMisconfigured,
  RateLimited,
  RecordingNotFound,
  RecordingUnusable,
} from '#src/providers/errors.ts';
import { createS3Recordings } from '#src/providers/recordings.s3.ts';
import { deadUrl, failure, hang, patience, reset, stubServer, type Answering } from './stub-server.ts';

const BUCKET = 'recordings';
const AUDIO = Buffer.from('ID3 some audio');
const SHA256 = createHash('sha256').update(AUDIO).digest('hex');
const request = { key: 'recordings/d1/RE1.mp3', bytes: AUDIO, contentType: 'audio/mpeg', metadata: { 'call-sid': 'CA1' } };

const storeAt = (endpoint: string, bucket = BUCKET) => {
  const store = createS3Recordings({ endpoint, region: 'auto', bucket, accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' });
  onTestFinished(() => store.close());
  return store;
};

describe('with a store that speaks S3', () => {
  let directory: string;
  let server: S3rver;
  let endpoint: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'delauto-s3-'));
    server = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory,
      vhostBuckets: false,
      allowMismatchedSignatures: false,
      configureBuckets: [{ name: BUCKET, configs: [] }],
    });
    endpoint = `http://127.0.0.1:${(await server.run()).port}`;
  });

  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  it('what was stored is verified and can be fetched', async () => {
    const store = storeAt(`${endpoint}/`);
    expect(await store.store(request, patience())).toEqual({
      url: `${endpoint}/${BUCKET}/${request.key}`,
      size: AUDIO.length,
      sha256: SHA256,
    });
    expect(await store.fetch(request.key, { maxBytes: 1000, signal: patience() })).toEqual(AUDIO);
  });

  it('row 21: the same key by many at once is one object, and each is told the same', async () => {
    const store = storeAt(endpoint);
    // Where two writes of one key meet, the server under test may answer 500; like the job, each tries again.
    const storeAtLast = async (triesLeft = 5): Promise<Awaited<ReturnType<typeof store.store>>> => {
      try {
        return await store.store({ ...request, key: 'recordings/d2/RE2.mp3' }, patience());
      } catch (error) {
        if (!(error instanceof ProviderDown) || triesLeft === 0) throw error;
        return storeAtLast(triesLeft - 1);
      }
    };
    const stored = await Promise.all(Array.from({ length: 10 }, () => storeAtLast()));
    expect(new Set(stored.map(({ sha256, size, url }) => `${sha256} ${size} ${url}`)).size).toBe(1);
    expect(await store.fetch('recordings/d2/RE2.mp3', { maxBytes: 1000, signal: patience() })).toEqual(AUDIO);
  });

  it('storing again changes nothing', async () => {
    const store = storeAt(endpoint);
    expect(await store.store(request, patience())).toEqual(await store.store(request, patience()));
  });

  it('what is too large is not read', async () => {
    const store = storeAt(endpoint);
    await store.store(request, patience());
    const error = await failure(store.fetch(request.key, { maxBytes: AUDIO.length - 1, signal: patience() }));
    expect(error).toBeInstanceOf(RecordingUnusable);
    expect(error).toMatchObject({ reason: 'too-large' });
  });

  it('what is not there is not found', async () => {
    expect(await failure(storeAt(endpoint).fetch('none', { maxBytes: 1, signal: patience() }))).toBeInstanceOf(RecordingNotFound);
  });

  it('the bucket answers, or an operator must look', async () => {
    await storeAt(endpoint).ping(patience());
    expect(await failure(storeAt(endpoint, 'other').ping(patience()))).toBeInstanceOf(ProviderMisconfigured);
    expect(await failure(storeAt(endpoint, 'other').store(request, patience()))).toBeInstanceOf(ProviderMisconfigured);
  });
});

const s3Error =
  (status: number, code: string): Answering =>
  (reply) =>
    reply
      .code(status)
      .type('application/xml')
      .send(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>secret words</Message></Error>`);
const ok: Answering = (reply) => reply.code(200).send();

it('an object that is not the one that was sent is not stored', async () => {
  const s3 = await stubServer(ok, (reply) =>
    reply.code(200).header('x-amz-meta-sha256', 'another').header('content-length', AUDIO.length).send(),
  );
  expect(await failure(storeAt(s3.url).store(request, patience()))).toBeInstanceOf(ProviderDown);
  expect(s3.received.map(({ method }) => method)).toEqual(['PUT', 'HEAD']);
});

it('the object is sent whole, with its hash and without what R2 has refused', async () => {
  const s3 = await stubServer(ok);
  await failure(storeAt(s3.url).store(request, patience()));
  const { headers, body, target } = s3.received[0] ?? {};
  expect(target).toContain(`/${BUCKET}/${request.key}`);
  expect(body).toEqual(AUDIO);
  expect(headers).toMatchObject({ 'x-amz-meta-sha256': SHA256, 'x-amz-meta-call-sid': 'CA1', 'content-type': 'audio/mpeg' });
  expect(Object.keys(headers ?? {}).filter((name) => /checksum|trailer|content-encoding/.test(name))).toEqual([]);
});

it.each([
  ['403', s3Error(403, 'SignatureDoesNotMatch'), ProviderMisconfigured],
  ['429', s3Error(429, 'TooManyRequests'), RateLimited],
  ['501, as R2 said of checksums', s3Error(501, 'NotImplemented'), ProviderMisconfigured],
  ['401', s3Error(401, 'Unauthorized'), ProviderMisconfigured],
  ['a 429 with words of its own', (reply: Parameters<Answering>[0]) => reply.code(429).send('slow down'), RateLimited],
  ['503 SlowDown', s3Error(503, 'SlowDown'), RateLimited],
  ['503', s3Error(503, 'ServiceUnavailable'), ProviderDown],
  ['500', s3Error(500, 'InternalError'), ProviderDown],
  ['400', s3Error(400, 'KeyTooLongError'), PermanentlyRefused],
  ['a cut connection', reset, ProviderDown],
])('row 21: %s is one request and tells what can be done', async (_, answer, kind) => {
  const s3 = await stubServer(answer);
  const error = await failure(storeAt(s3.url).store(request, patience()));
  expect(error).toBeInstanceOf(kind);
  expect(s3.received).toHaveLength(1);
});

it('row 21: waits as long as it is asked to, and a second where R2 names no time: it takes one write a second for a key', async () => {
  const named = await stubServer((reply) => reply.code(503).header('retry-after', '7').type('application/xml').send(slowDown));
  expect(await failure(storeAt(named.url).store(request, patience()))).toMatchObject({ retryAfterMs: 7000 });
  const unnamed = await stubServer((reply) => reply.code(503).type('application/xml').send(slowDown));
  expect(await failure(storeAt(unnamed.url).store(request, patience()))).toMatchObject({ retryAfterMs: 1000 });
});
const slowDown = '<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>';

it('nobody listening is a provider that is down', async () => {
  expect(await failure(storeAt(await deadUrl()).ping(patience()))).toBeInstanceOf(ProviderDown);
});

it('an object that breaks off is not taken', async () => {
  const s3 = await stubServer((reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': '900' });
    reply.raw.write(AUDIO, () => reply.raw.destroy());
  });
  expect(await failure(storeAt(s3.url).fetch('k', { maxBytes: 1000, signal: patience() }))).toBeInstanceOf(ProviderDown);
});

it('everything ends with the signal', async () => {
  const given = new AbortController();
  const s3 = await stubServer((reply, received) => {
    void hang(reply, received);
    given.abort(new Error('stopping'));
  });
  expect(await failure(storeAt(s3.url).store(request, given.signal))).toBe(given.signal.reason);
});
