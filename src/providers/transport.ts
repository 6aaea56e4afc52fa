import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Agent, request, type Dispatcher } from 'undici';

export interface Exchange {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** An answer's body beyond it is not read. */
  maxBytes: number;
  signal: AbortSignal;
  /** Awaited when the connection stands, as the last thing before the request is written on it: false, and not a byte is sent. Needs a body. */
  mayStart?: (() => Promise<boolean>) | undefined;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** `connecting`: not a byte of the request was sent. `waiting`: it may have arrived, and nobody knows what became of it. `receiving`: the answer broke off. */
export type Phase = 'connecting' | 'waiting' | 'receiving';

/** No whole answer came: the network, a time-out or the signal. */
export class ExchangeFailed extends Error {
  readonly phase: Phase;

  constructor(phase: Phase, options: ErrorOptions) {
    super(`no answer (${phase})`, options);
    this.name = 'ExchangeFailed';
    this.phase = phase;
  }
}

/** `mayStart` threw, for its `cause`: not a byte of the request was sent. */
export class NotStarted extends Error {
  constructor(options: ErrorOptions) {
    super('the request was not begun', options);
    this.name = 'NotStarted';
  }
}

/** The answer is larger than the caller would take. */
export class AnswerTooLarge extends Error {
  constructor() {
    super('the answer is too large');
    this.name = 'AnswerTooLarge';
  }
}

export interface Transport {
  /** Sends once, follows no redirect, never repeats. Any status is an answer. Throws `ExchangeFailed`, `AnswerTooLarge` or `NotStarted`. */
  exchange(exchange: Exchange): Promise<Answer>;
  /** Ends the idle connections, after the exchanges that are under way. */
  close(): Promise<void>;
}

/** One pool of long-lived connections. Times are below the 30 s after which a dial without an answer counts as unknown. */
export function createTransport(options: Agent.Options = {}): Transport {
  const agent = new Agent({
    connectTimeout: 5000,
    headersTimeout: 14_000,
    bodyTimeout: 14_000,
    // One request a connection: what happened to it is then known from the connection's end. HTTP/2 clients may repeat by themselves.
    allowH2: false,
    pipelining: 1,
    ...options,
  });
  return {
    close: () => agent.close(),
    async exchange({ url, maxBytes, signal, mayStart, ...rest }) {
      let phase: Phase = 'connecting';
      let ready = false;
      let over = false;
      const onReady = () => {
        // undici puts requests of a connection that it lost idle back into its queue; one that was started must never be among them.
        if (ready) throw new Error('the request would be sent twice');
        ready = true;
        if (!mayStart) phase = 'waiting';
      };
      const begin = async (may: () => Promise<boolean>) => {
        const granted = await may().catch((cause: unknown) => Promise.reject(new NotStarted({ cause })));
        if (!granted) throw new Error('too late to be sent');
        if (over) throw new Error('given up meanwhile');
        phase = 'waiting';
      };
      const sent = mayStart ? heldBack(rest, () => begin(mayStart)) : rest;
      try {
        const { statusCode, headers, body } = await request(url, { ...sent, signal, dispatcher: agent.compose(watchStart(onReady)) });
        phase = 'receiving';
        return { status: statusCode, headers, body: await readBounded(body, Number(headers['content-length']), maxBytes) };
      } catch (error) {
        over = true;
        if (error instanceof AnswerTooLarge || error instanceof NotStarted) throw error;
        throw new ExchangeFailed(phase, { cause: error });
      }
    },
  };
}

/** The same request, of which nothing is written before `begin` resolves: undici asks for such a body when the connection stands, and writes the head with its first piece. */
function heldBack<Sent extends Pick<Exchange, 'headers' | 'body'>>({ headers, body = '', ...rest }: Sent, begin: () => Promise<void>) {
  const bytes = Buffer.from(body);
  async function* pieces() {
    await begin();
    yield bytes;
  }
  // undici's documentation lets a body be any iterable, its types do not.
  return { ...rest, headers: { ...headers, 'content-length': String(bytes.length) }, body: pieces() as unknown as Readable };
}

/** Tells when the connection stands and the request is about to be written on it. */
const watchStart =
  (onStart: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart(...args) {
        onStart();
        handler.onRequestStart?.(...args);
      },
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    });

async function readBounded(body: Dispatcher.ResponseData['body'], announced: number, maxBytes: number): Promise<Buffer> {
  if (announced > maxBytes) {
    body.on('error', () => undefined).destroy(); // it reports its own end as an error
    throw new AnswerTooLarge();
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new AnswerTooLarge(); // leaving the loop destroys the stream
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
