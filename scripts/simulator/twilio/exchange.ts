import { Agent, request } from 'undici';

import type { Target } from './callback-url.ts';
import { sign } from './signature.ts';

export interface Answer {
  status: number;
  contentType: string;
  body: string;
  /** Where the answer came from, after redirects: relative URLs in it resolve against this. */
  url: string;
}

export type Method = 'GET' | 'POST';

export interface Exchange {
  target: Target;
  method: Method;
  params: Readonly<Record<string, string>>;
  idempotencyToken: string;
  signal: AbortSignal;
}

export interface Sender {
  /** One signed request, redirects followed; rejects where there is no answer. */
  send: (exchange: Exchange) => Promise<Answer>;
  stop: () => Promise<void>;
}

const MAX_REDIRECTS = 10;
const redirects = new Set([301, 302, 303, 307, 308]);

const withQuery = (url: string, params: Readonly<Record<string, string>>): string => {
  const query = new URLSearchParams(params).toString();
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`;
};

/** Makes the requests that Twilio makes to its customers' servers. */
export const createSender = (authToken: string): Sender => {
  const agents = new Map<number, Agent>();
  const agentFor = (connectMs: number): Agent => {
    const agent = agents.get(connectMs) ?? new Agent({ connect: { timeout: connectMs } });
    agents.set(connectMs, agent);
    return agent;
  };

  const once = async (
    { target, idempotencyToken, signal }: Exchange,
    method: Method,
    url: string,
    form: Readonly<Record<string, string>>,
  ) => {
    const response = await request(url, {
      method,
      headers: {
        'user-agent': 'TwilioProxy/1.1 (DelAuto simulator)',
        accept: '*/*',
        'x-twilio-signature': sign(authToken, url, form),
        'i-twilio-idempotency-token': idempotencyToken,
        ...(target.authorization === null ? {} : { authorization: target.authorization }),
        ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } : {}),
      },
      ...(method === 'POST' ? { body: new URLSearchParams(form).toString() } : {}),
      dispatcher: agentFor(target.connectMs),
      headersTimeout: target.readMs,
      bodyTimeout: target.readMs,
      signal: AbortSignal.any([signal, AbortSignal.timeout(target.totalMs)]),
    });
    return { status: response.statusCode, headers: response.headers, body: await response.body.text() };
  };

  return {
    send: async (exchange) => {
      let { method, params } = exchange;
      let url = method === 'GET' ? withQuery(exchange.target.url, params) : exchange.target.url;
      for (let hops = 0; ; hops += 1) {
        const { status, headers, body } = await once(exchange, method, url, method === 'POST' ? params : {});
        const { location } = headers;
        if (!redirects.has(status) || typeof location !== 'string' || hops === MAX_REDIRECTS) {
          return { status, contentType: String(headers['content-type'] ?? ''), body, url };
        }
        url = new URL(location, url).href;
        if (status < 307) [method, params] = ['GET', {}]; // 301, 302 and 303 turn a POST into a GET
      }
    },
    stop: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
};
