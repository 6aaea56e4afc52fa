import Fastify from 'fastify';
import { onTestFinished } from 'vitest';
import { twilioBooks } from '#scripts/prove/twilio.ts';

export interface StubCall {
  sid: string;
  to: string;
  from?: string;
  status?: string;
  created: Date;
  /** Default: two seconds after it was created; null: it never was. */
  started?: Date | null;
}

export const FROM = '+12025550000';
export const ACCOUNT = { accountSid: `AC${'5'.repeat(32)}`, authToken: 'a-token', fromNumber: FROM };

const rfc2822 = (at: Date) => at.toUTCString().replace('GMT', '+0000');
const resource = ({ sid, to, from = FROM, status = 'completed', created, started = new Date(created.getTime() + 2000) }: StubCall) => ({
  sid,
  to,
  from,
  status,
  date_created: rfc2822(created),
  start_time: started ? rfc2822(started) : null,
  unread: 'whatever',
});

/** Twilio's list of calls and its look-up over HTTP, two calls a page whatever is asked for. `refusals`: what the next requests are answered instead. */
export async function twilioOfADay(calls: StubCall[], refusals: { status: number; retryAfter?: string }[] = []) {
  const asked: string[] = [];
  const app = Fastify();
  app.addHook('onRequest', async (request, reply) => {
    asked.push(request.url);
    const { accountSid, authToken } = ACCOUNT;
    const known = request.headers.authorization === `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
    const refusal = known ? refusals.shift() : { status: 401 };
    if (!refusal) return;
    if (refusal.retryAfter !== undefined) void reply.header('retry-after', refusal.retryAfter);
    return reply.code(refusal.status).send({ code: 20000 + refusal.status });
  });
  const base = `/2010-04-01/Accounts/${ACCOUNT.accountSid}`;
  app.get<{ Querystring: Record<string, string | undefined> }>(`${base}/Calls.json`, ({ query }) => {
    const of = calls
      .map(resource)
      .filter(({ from, start_time }) => from === query['From'] && isOn(start_time, query['StartTime']))
      .toSorted((a, b) => Date.parse(b.date_created) - Date.parse(a.date_created));
    const page = Number(query['Page'] ?? 0);
    const next = new URLSearchParams({ From: query['From'] ?? '', StartTime: query['StartTime'] ?? '', Page: String(page + 1) });
    return {
      calls: of.slice(page * 2, page * 2 + 2),
      next_page_uri: (page + 1) * 2 < of.length ? `${base}/Calls.json?${next.toString()}` : null,
    };
  });
  app.get<{ Params: { sid: string } }>(`${base}/Calls/:sid.json`, (request, reply) => {
    const call = calls.find(({ sid }) => sid === request.params.sid);
    return call ? resource(call) : reply.code(404).send({ code: 20404 });
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  return { url, asked, books: twilioBooks({ ...ACCOUNT, apiUrl: url }) };
}

const isOn = (start: string | null, day: string | undefined) => start !== null && new Date(start).toISOString().slice(0, 10) === day;
