import { createHmac } from 'node:crypto';
import { ObjectId } from 'mongodb';
import { ACCOUNT, AUTH_TOKEN, PUBLIC_URL, type WebWorld } from '#test/support/web-world.ts';

export type Parameters = Record<string, string>;

/** As Twilio signs: HMAC-SHA1 over the address and the sorted parameters, without any delimiters. Code of its own, that shares nothing with ours. */
export function signatureOf(url: string, parameters: Parameters, token = AUTH_TOKEN): string {
  const pairs = Object.entries(parameters).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHmac('sha1', token)
    .update(url + pairs.map(([name, value]) => name + value).join(''))
    .digest('base64');
}

export interface Sent {
  /** What is sent, where it is not what is signed. */
  body?: string;
  /** What is signed, where it is not the address that is asked. */
  signedUrl?: string;
  signature?: string;
  headers?: Record<string, string>;
}

/** Sends a callback, rightly signed unless told otherwise. */
export function callBack({ app }: WebWorld, path: string, parameters: Parameters, { body, signedUrl, signature, headers }: Sent = {}) {
  return app.inject({
    method: 'POST',
    url: path,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': signature ?? signatureOf(signedUrl ?? PUBLIC_URL + path, parameters),
      ...headers,
    },
    payload: body ?? new URLSearchParams(parameters).toString(),
  });
}

let sids = 0;
const nextSid = (prefix: string) => `${prefix}${String((sids += 1)).padStart(32, '0')}`;

/** A delivery whose first call has been placed. */
export async function aCall(world: WebWorld, { customer = {}, attempt = {} }: { customer?: object; attempt?: object } = {}) {
  const order = world.order();
  const body = { ...order, customer: { ...(order['customer'] as object), ...customer } };
  const delivery = (await world.submit(body)).json();
  const delivery_id = new ObjectId(String(delivery.id));
  const callSid = nextSid('CA');
  const set = { state: 'submitted', call_sid: callSid, submitted_at: new Date(world.clock.ms), ...attempt };
  await world.db.collection('callattempts').updateOne({ delivery_id }, { $set: set });
  const attempt_id = (await world.rows('callattempts', { delivery_id }))[0]?.['_id'] as ObjectId;
  const common = { AccountSid: ACCOUNT, CallSid: callSid, From: '+12025550100', To: '+12025550000', ApiVersion: '2010-04-01' };
  const path = (name: string) => `/webhooks/twilio/${name}/${attempt_id.toHexString()}`;
  return {
    delivery_id,
    attempt_id,
    callSid,
    common,
    path,
    events: () => world.rows('webhookevents', { attempt_id }),
    status: (more: Parameters = {}): Parameters => ({
      ...common,
      CallStatus: 'completed',
      SequenceNumber: '3',
      Timestamp: new Date(world.clock.ms).toUTCString(),
      CallDuration: '31',
      CallbackSource: 'call-progress-events',
      ...more,
    }),
    recording: (more: Parameters = {}): Parameters => ({
      ...common,
      RecordingSid: nextSid('RE'),
      RecordingStatus: 'completed',
      RecordingDuration: '12',
      RecordingChannels: '1',
      RecordingUrl: 'https://elsewhere.example/x',
      ...more,
    }),
  };
}

/** How many callbacks were refused, by reason. */
export async function refusals({ metrics }: WebWorld): Promise<Record<string, number>> {
  const { values } = await metrics.callbacksRefused.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.reason), value]));
}
