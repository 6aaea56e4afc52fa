import { DateTime } from 'luxon';

import type { Call } from './call.ts';
import { callResource } from './call-resource.ts';

type Query = Readonly<Record<string, string | undefined>>;

/** A day (`2026-11-24`) or an instant, both UTC; as a span of time, so that a day contains its instants. */
const spanOf = (text: string): { from: number; to: number } | null => {
  const from = DateTime.fromISO(text, { zone: 'utc' });
  if (!from.isValid) return null;
  return { from: from.toMillis(), to: (/T/.test(text) ? from.plus({ seconds: 1 }) : from.plus({ days: 1 })).toMillis() };
};

/** A time that is not known yet lies in no span: a queued call has no start. */
const timeMatches = (time: number | null, name: string, query: Query): boolean => {
  const spans = [query[name], query[`${name}>`], query[`${name}<`]].map((text) => (text === undefined ? undefined : spanOf(text)));
  const [on, since, until] = spans;
  if (!on && !since && !until) return true;
  if (time === null) return false;
  return (!on || (time >= on.from && time < on.to)) && (!since || time >= since.from) && (!until || time < until.to);
};

const matches = (call: Call, query: Query): boolean =>
  (query['To'] === undefined || call.request.to === query['To']) &&
  (query['From'] === undefined || call.request.from === query['From']) &&
  (query['Status'] === undefined || callResource(call).status === query['Status']) &&
  (query['ParentCallSid'] === undefined || query['ParentCallSid'] === '') &&
  timeMatches(call.startedAt, 'StartTime', query) &&
  timeMatches(call.endedAt, 'EndTime', query);

/** One page of calls, newest first, as Twilio lists them. A page token names the last call of the page before, so that new calls shift nothing. */
export const listCalls = (calls: readonly Call[], path: string, query: Query) => {
  const size = Math.min(Math.max(Number(query['PageSize'] ?? 50) || 50, 1), 1000);
  const page = Math.max(Number(query['Page'] ?? 0) || 0, 0);
  const found = calls.filter((call) => matches(call, query));
  const token = query['PageToken']?.replace(/^PA/, '');
  const start = token === undefined ? page * size : found.findIndex(({ sid }) => sid === token) + 1;
  const shown = found.slice(start, start + size);
  const last = shown.at(-1);

  const uriOf = (number: number, pageToken?: string): string => {
    const filters = Object.entries(query).filter(([name]) => !name.startsWith('Page')) as [string, string][];
    const params = new URLSearchParams([...filters, ['PageSize', String(size)], ['Page', String(number)]]);
    if (pageToken !== undefined) params.set('PageToken', pageToken);
    return `${path}?${params.toString()}`;
  };
  return {
    first_page_uri: uriOf(0),
    end: Math.max(page * size + shown.length - 1, 0),
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
    calls: shown.map(callResource),
    uri: uriOf(page, query['PageToken']),
    page_size: size,
    start: page * size,
    next_page_uri: last && start + size < found.length ? uriOf(page + 1, `PA${last.sid}`) : null,
    page,
  };
};
