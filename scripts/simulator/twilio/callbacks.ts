import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

import type { World } from '../world.ts';
import type { Call } from './call.ts';
import type { Target } from './callback-url.ts';
import { parseCallbackUrl } from './callback-url.ts';
import type { Answer, Method, Sender } from './exchange.ts';

export type CallbackEvent = 'initiated' | 'ringing' | 'answered' | 'completed' | 'amd' | 'recording' | 'voice' | 'gather' | 'record';

export interface Notice {
  call: Call;
  event: CallbackEvent;
  url: string;
  method: Method;
  params: Readonly<Record<string, string>>;
}

export interface Callbacks {
  /** Sends in the background; scripted faults may drop, repeat, delay or reorder it. */
  notify: (notice: Notice) => void;
  /** Sends and waits for the answer; null: there was none. */
  ask: (notice: Notice) => Promise<Answer | null>;
  /** Resolves when nothing is on its way. */
  idle: () => Promise<void>;
  stop: () => void;
}

const HELD_AT_MOST_MS = 3000;
const RETRY_PAUSE_MS = 100;

const connectFailures = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);
const codeOf = (error: unknown): string => (error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'unknown');

/** Which retry policy a failed try falls under; null: it was answered well. */
const failureOf = (result: { answer: Answer | null; error: string }): string | null => {
  if (!result.answer) return connectFailures.has(result.error) ? 'ct' : 'rt';
  if (result.answer.status >= 500) return '5xx';
  return result.answer.status >= 400 ? '4xx' : null;
};

export const createCallbacks = ({ log, faults }: World, sender: Sender): Callbacks => {
  const underWay = new Set<Promise<unknown>>();
  const held = new Map<string, (() => void)[]>();
  const stopping = new AbortController();

  const attempt = async (notice: Notice, target: Target, idempotencyToken: string, number: number) => {
    const { call, event, method, params } = notice;
    const kind = event === 'voice' || event === 'gather' || event === 'record' ? 'voice' : 'callback';
    const entry = log.add(
      kind,
      { callSid: call.sid, to: call.request.to, event, url: notice.url, method, params, attempt: number },
      call.timeline.now(),
    );
    try {
      const answer = await sender.send({ target, method, params, idempotencyToken, signal: stopping.signal });
      entry['status'] = answer.status;
      return { answer, error: '' };
    } catch (error) {
      entry['error'] = codeOf(error);
      return { answer: null, error: codeOf(error) };
    }
  };

  const deliver = async (notice: Notice, idempotencyToken: string): Promise<Answer | null> => {
    const target = parseCallbackUrl(notice.url);
    const giveUpAt = Date.now() + target.totalMs;
    for (let number = 1; ; number += 1) {
      const result = await attempt(notice, target, idempotencyToken, number);
      const failure = failureOf(result);
      const again = failure !== null && (target.policies.has('all') || target.policies.has(failure));
      if (!again || number > target.retries || Date.now() >= giveUpAt || stopping.signal.aborted) return result.answer;
      await setTimeout(RETRY_PAUSE_MS * 2 ** number, undefined, { signal: stopping.signal });
    }
  };

  /** Until the call's next callback has gone out. */
  const overtaken = async (callSid: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    held.set(callSid, [...(held.get(callSid) ?? []), () => resolve(undefined)]);
    const waited = new AbortController();
    await Promise.race([promise, setTimeout(HELD_AT_MOST_MS, undefined, { signal: AbortSignal.any([stopping.signal, waited.signal]) })]);
    waited.abort();
  };

  const release = (callSid: string) => {
    for (const go of held.get(callSid) ?? []) go();
    held.delete(callSid);
  };

  const send = async (notice: Notice): Promise<Answer | null> => {
    const { sid: callSid, request } = notice.call;
    const fault = faults.take('callback', { event: notice.event, to: request.to, callSid });
    const token = randomUUID();
    if (fault?.kind === 'drop') return null;
    if (fault?.kind === 'delay') await setTimeout(fault.delayMs, undefined, { signal: stopping.signal });
    if (fault?.kind === 'reorder') await overtaken(callSid);
    const [answer = null] = await Promise.all(
      Array.from({ length: fault?.kind === 'duplicate' ? fault.copies : 1 }, () => deliver(notice, token)),
    );
    if (fault?.kind !== 'reorder') release(callSid);
    return answer;
  };

  /** A callback that cannot be sent is lost, as it is with Twilio: the log has it. */
  const sendOrLose = async (notice: Notice): Promise<Answer | null> => {
    try {
      return await send(notice);
    } catch (error) {
      if (!stopping.signal.aborted) log.add('error', { callSid: notice.call.sid, to: notice.call.request.to, message: String(error) });
      return null;
    }
  };

  const tracked = async <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    try {
      return await work;
    } finally {
      underWay.delete(work);
    }
  };

  return {
    notify: (notice) => void tracked(sendOrLose(notice)),
    ask: (notice) => tracked(sendOrLose(notice)),
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    stop: () => {
      stopping.abort();
    },
  };
};
