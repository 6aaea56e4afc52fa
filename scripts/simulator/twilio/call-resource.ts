import type { Call } from './call.ts';
import { durationOf, isOver } from './call.ts';
import { rfc2822, rfc2822OrNull } from './dates.ts';
import { phoneNumberSid } from './sid.ts';

const subresources = [
  'notifications',
  'recordings',
  'payments',
  'events',
  'siprec',
  'streams',
  'transcriptions',
  'user_defined_message_subscriptions',
  'user_defined_messages',
];

const pascal = (name: string): string => name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

const formatted = (number: string): string => number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, '($1) $2-$3');

/** A call as Twilio's API shows it (twilio-oai, `api.v2010.account.call`): durations are strings, dates RFC 2822, `initiated` reads as queued. */
export const callResource = (call: Call) => {
  const { request } = call;
  const path = `/2010-04-01/Accounts/${call.accountSid}/Calls/${call.sid}`;
  const over = isOver(call);
  return {
    sid: call.sid,
    date_created: rfc2822(call.createdAt),
    date_updated: rfc2822(call.updatedAt),
    parent_call_sid: null,
    account_sid: call.accountSid,
    to: request.to,
    to_formatted: formatted(request.to),
    from: request.from,
    from_formatted: formatted(request.from),
    phone_number_sid: phoneNumberSid(request.from),
    status: call.status === 'initiated' ? 'queued' : call.status,
    start_time: rfc2822OrNull(call.startedAt),
    end_time: rfc2822OrNull(call.endedAt),
    duration: over ? String(durationOf(call)) : null,
    price: null,
    price_unit: 'USD',
    direction: 'outbound-api',
    answered_by: call.answeredBy,
    api_version: '2010-04-01',
    forwarded_from: null,
    group_sid: null,
    caller_name: null,
    queue_time: String(call.queueMs),
    trunk_sid: null,
    uri: `${path}.json`,
    subresource_uris: Object.fromEntries(subresources.map((name) => [name, `${path}/${pascal(name)}.json`])),
  };
};
