import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { beforeAll, expect, it } from 'vitest';
import { PUBLIC_URL, webWorld, type WebWorld } from '#test/support/web-world.ts';
import { aCall, refusals, signatureOf } from './a-callback.ts';

// Requests that no HTTP client would send: written to the socket byte by byte.

let world: WebWorld;
let call: Awaited<ReturnType<typeof aCall>>;
let port: number;
let before: string;

beforeAll(async () => {
  world = await webWorld();
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = world.app.server.address() as AddressInfo);
  call = await aCall(world);
  before = await world.everything();
});

interface Sent {
  target?: string;
  method?: string;
  headers?: string[];
  body?: Buffer | string;
}

/** The status that is answered, and the whole answer. */
async function raw({
  target = call.path('status'),
  method = 'POST',
  headers = [],
  body = '',
}: Sent): Promise<{ status: number; text: string }> {
  const bytes = Buffer.from(body);
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (piece: Buffer) => void (text += piece.toString('latin1')));
  // A server that has refused a body need not read it.
  socket.on('error', () => undefined);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'host: delauto.example',
    'connection: close',
    `content-length: ${bytes.length}`,
    ...headers,
  ];
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]));
  await once(socket, 'close');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), text };
}

const form = 'content-type: application/x-www-form-urlencoded';
/** Rightly signed for the address that it names. */
const signed = (target = call.path('status'), parameters = call.status()): Sent => ({
  target,
  body: new URLSearchParams(parameters).toString(),
  headers: [form, `x-twilio-signature: ${signatureOf(PUBLIC_URL + target, parameters)}`],
});

it('takes one that is as it should be', async () => {
  const other = await aCall(world);
  expect((await raw(signed(other.path('status'), other.status()))).status).toBe(204);
  await world.background.idle();
  before = await world.everything();
});

it.each<[string, number[], () => Sent]>([
  ['whose target is a whole address', [403], () => ({ ...signed(), target: `${PUBLIC_URL}${call.path('status')}` })],
  ['whose target is the address of another', [403], () => ({ ...signed(), target: `http://evil.example${call.path('status')}` })],
  ['whose target has no slash in front', [400], () => ({ ...signed(), target: call.path('status').slice(1) })],
  ['whose target names a host', [403, 404], () => signed(`//evil.example${call.path('status')}`)],
  ['whose target is a star', [400, 404, 405], () => ({ ...signed(), target: '*' })],
  ['whose target has a bad escape', [400], () => signed('/webhooks/twilio/status/%zz')],
  ['whose target has an escape cut short', [400], () => signed('/webhooks/twilio/status/%e2%82')],
  ['whose target climbs up', [403, 404], () => signed(`/webhooks/twilio/voice/../status/${call.attempt_id.toHexString()}`)],
  [
    'whose target is in other letters than was signed',
    [403, 404],
    () => ({ ...signed(), target: call.path('status').replace('status', 'statu%73') }),
  ],
  ['with two signatures', [403], () => ({ ...signed(), headers: [...(signed().headers ?? []), 'x-twilio-signature: another'] })],
  ['with a signature in raw bytes', [403], () => ({ ...signed(), headers: [form, 'x-twilio-signature: \xff\xfe\xfd'] })],
  ['without a type', [403], () => ({ ...signed(), headers: (signed().headers ?? []).slice(1) })],
  ['of a type that is none', [415], () => ({ ...signed(), headers: ['content-type: ;;;', ...(signed().headers ?? []).slice(1)] })],
  ['in raw bytes that are no UTF-8', [403], () => ({ ...signed(), body: Buffer.from([0xff, 0xfe, 0x00, 0x80]) })],
  ['without anything', [403], () => ({ ...signed(), body: '' })],
  ['of 1 MB', [413], () => signed(undefined, call.status({ ErrorMessage: 'x'.repeat(1_000_000) }))],
  ['by another method', [404, 405], () => ({ ...signed(), method: 'PUT' })],
])('row 17: refuses one %s, writes nothing', async (_how, allowed, sent) => {
  const counted = Object.values(await refusals(world)).reduce((sum, count) => sum + count, 0);
  const { status, text } = await raw(sent());
  expect(allowed, text).toContain(status);
  const now = Object.values(await refusals(world)).reduce((sum, count) => sum + count, 0);
  // What never comes to Twilio's addresses is counted as any request is: http_request_duration_seconds by status.
  if ([403, 413, 415].includes(status)) expect(now).toBe(counted + 1);
  expect(await world.everything()).toBe(before);
});
