import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** What is read of a call. Times as Twilio gives them: RFC 2822, null for a call that was not dialed. */
const Call = z.object({
  sid: z.string(),
  to: z.string(),
  status: z.string(),
  date_created: z.string().nullable(),
  start_time: z.string().nullable(),
});
const Page = z.object({ calls: z.array(Call), next_page_uri: z.string().nullish() });

export type CallAtTwilio = z.infer<typeof Call>;

export interface Account {
  apiUrl: string;
  accountSid: string;
  authToken: string;
  /** E.164: ours; calls from any other number are somebody else's. */
  fromNumber: string;
}

export interface TwilioBooks {
  /** All calls from our number that Twilio started on this day (`YYYY-MM-DD`, UTC), page by page, one request at a time. */
  startedOn(day: string): AsyncGenerator<CallAtTwilio[]>;
  /** null: Twilio does not know it. */
  find(sid: string): Promise<CallAtTwilio | null>;
}

const TRIES = 5;
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const TIMEOUT_MS = 30_000;
const MOST_PAGES = 5000;

/**
 * Twilio's list of calls, by requests of this script's own; throws an error that names what went wrong, without a word of the answer: it would repeat numbers.
 * https://www.twilio.com/docs/voice/api/call-resource#read-multiple-call-resources
 */
export function twilioBooks({ apiUrl, accountSid, authToken, fromNumber }: Account): TwilioBooks {
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;
  const base = `/2010-04-01/Accounts/${accountSid}`;

  /** The answer's body; null for a 404. `target` may be what an answer named as its next page: only its path is followed. */
  const get = async (target: string): Promise<unknown> => {
    const { pathname, search } = new URL(target, apiUrl);
    for (let tried = 1; ; tried += 1) {
      const response = await fetch(new URL(pathname + search, apiUrl), {
        headers: { authorization },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) return response.json();
      await response.body?.cancel();
      if (response.status === 404) return null;
      const again = response.status === 429 || response.status >= 500;
      if (!again || tried >= TRIES) throw new Error(`Twilio answered ${response.status}${again ? `, ${tried} times` : ''}.`);
      const asked = Number(response.headers.get('retry-after') ?? 0) * 1000;
      await delay(Math.min(Math.max(asked, PAUSE_MS * tried), LONGEST_PAUSE_MS));
    }
  };

  return {
    async *startedOn(day) {
      const query = new URLSearchParams({ From: fromNumber, StartTime: day, PageSize: '1000' });
      let next: string | null = `${base}/Calls.json?${query.toString()}`;
      for (let pages = 0; next !== null; pages += 1) {
        if (pages >= MOST_PAGES) throw new Error(`Twilio's list of the day has more than ${MOST_PAGES} pages.`);
        const body = await get(next);
        if (body === null) throw new Error('Twilio knows no such account, or the address is not its own (404).');
        const page: z.infer<typeof Page> = Page.parse(body);
        yield page.calls;
        next = page.next_page_uri ?? null;
      }
    },
    async find(sid) {
      const body = await get(`${base}/Calls/${encodeURIComponent(sid)}.json`);
      return body === null ? null : Call.parse(body);
    },
  };
}
