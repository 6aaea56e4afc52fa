import { describe, expect, it, onTestFinished } from 'vitest';
import { AnswerTooLarge, createTransport, NotStarted } from '#src/providers/transport.ts';
import { failure, hang, json, patience, stubServer, type Answering } from './stub-server.ts';

async function setup(answer: Answering) {
  const server = await stubServer(answer);
  const transport = createTransport({ headersTimeout: 1000, bodyTimeout: 100 });
  onTestFinished(() => transport.close());
  const post = () => transport.exchange({ method: 'POST', url: server.url, body: 'x', maxBytes: 10, signal: patience() });
  return { server, post };
}

it('an answer that does not come in time leaves open what became of the request', async () => {
  const { post } = await setup(hang);
  expect(await failure(post())).toMatchObject({ name: 'ExchangeFailed', phase: 'waiting' });
});

it('an answer that stops in its middle was at least begun', async () => {
  const { post } = await setup((reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-length': '5' });
    reply.raw.write('abc');
  });
  expect(await failure(post())).toMatchObject({ name: 'ExchangeFailed', phase: 'receiving' });
});

it('every status is an answer, and a redirect is followed nowhere', async () => {
  const { post, server } = await setup(json(302, 'see', { location: '/other' }));
  expect(await post()).toMatchObject({ status: 302, body: Buffer.from('see') });
  expect(server.received).toHaveLength(1);
});

it('a large answer is not read', async () => {
  const { post } = await setup(json(200, 'more than ten bytes'));
  expect(await failure(post())).toBeInstanceOf(AnswerTooLarge);
});

it('a request whose time has passed while its connection was made is not sent', async () => {
  const { server } = await setup(json(200, ''));
  const transport = createTransport();
  onTestFinished(() => transport.close());
  const late = { method: 'POST', url: server.url, body: 'x', maxBytes: 10, signal: patience(), mayStart: async () => false } as const;
  expect(await failure(transport.exchange(late))).toMatchObject({ name: 'ExchangeFailed', phase: 'connecting' });
  expect(server.received).toEqual([]);
});

describe('a request that is held back until it may start', () => {
  const heldBack = async (mayStart: () => Promise<boolean>, signal = patience()) => {
    const { server } = await setup(json(200, 'ok'));
    const transport = createTransport();
    onTestFinished(() => transport.close());
    return { server, exchange: () => transport.exchange({ method: 'POST', url: server.url, body: 'äx', maxBytes: 10, signal, mayStart }) };
  };

  it('is written in one piece once it may, over a connection that stands', async () => {
    const gate = Promise.withResolvers<boolean>();
    const asked = Promise.withResolvers<void>();
    const { server, exchange } = await heldBack(async () => {
      asked.resolve();
      return gate.promise;
    });
    const answer = exchange();
    await asked.promise;
    expect(server.received).toEqual([]);
    gate.resolve(true);
    expect(await answer).toMatchObject({ status: 200 });
    expect(server.received).toMatchObject([{ headers: { 'content-length': '3' }, body: Buffer.from('äx') }]);
  });

  it('is not sent when that fails, and says for what', async () => {
    const reason = new Error('no moment came');
    const { server, exchange } = await heldBack(() => Promise.reject(reason));
    const failed = await failure(exchange());
    expect(failed).toBeInstanceOf(NotStarted);
    expect(failed).toMatchObject({ cause: reason });
    expect(server.received).toEqual([]);
  });

  it('is not sent when it was given up meanwhile', async () => {
    const given = new AbortController();
    const gate = Promise.withResolvers<boolean>();
    const { server, exchange } = await heldBack(async () => {
      given.abort(new Error('stopping'));
      return gate.promise;
    }, given.signal);
    expect(await failure(exchange())).toMatchObject({ name: 'ExchangeFailed', phase: 'connecting' });
    gate.resolve(true);
    await gate.promise;
    expect(server.received).toEqual([]);
  });
});
