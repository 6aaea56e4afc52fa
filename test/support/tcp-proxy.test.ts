import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
const sockets: Socket[] = [];
let proxy: TcpProxy;

beforeEach(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startTcpProxy({ port: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((closed) => server.close(closed));
});

async function dial() {
  const socket = connect(proxy.port, '127.0.0.1');
  sockets.push(socket);
  const faults: string[] = [];
  let heard = '';
  socket.on('error', (error: NodeJS.ErrnoException) => faults.push(error.code ?? ''));
  socket.on('data', (piece: Buffer) => void (heard += piece.toString()));
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
  return { socket, faults, heard: () => heard };
}

it('passes everything, in order, and the end', async () => {
  const { socket, heard } = await dial();
  socket.write('one ');
  socket.end('two');
  await once(socket, 'close');
  expect(heard()).toBe('one two');
  await expect.poll(() => proxy.connections()).toBe(0);
});

it('delays each piece on its way there and back', async () => {
  await proxy.latency(60);
  const { socket } = await dial();
  const sent = performance.now();
  socket.write('x');
  await once(socket, 'data');
  expect(performance.now() - sent).toBeGreaterThan(115);
});

it('resets standing connections and new ones, until it passes again', async () => {
  const standing = await dial();
  await proxy.reset();
  await expect.poll(() => standing.faults).toEqual(['ECONNRESET']);
  const late = await dial();
  await expect.poll(() => late.faults).toEqual(['ECONNRESET']);
  await proxy.pass();
  const { socket, heard } = await dial();
  socket.write('back');
  await expect.poll(heard).toBe('back');
});

it('is a black hole in which connections stand and are made, and what was sent arrives late', async () => {
  const standing = await dial();
  await proxy.blackHole();
  const late = await dial();
  standing.socket.write('one');
  late.socket.write('two');
  // A round trip of the machine's own, longer than the proxy needs to pass something.
  await proxy.blackHole();
  const other = await startTcpProxy({ port: (server.address() as AddressInfo).port });
  await other.latency(20);
  const probe = connect(other.port, '127.0.0.1');
  sockets.push(probe);
  probe.on('error', () => undefined);
  probe.write('?');
  await once(probe, 'data');
  await other.close();
  expect([standing.heard(), late.heard(), standing.faults, late.faults]).toEqual(['', '', [], []]);
  await proxy.pass();
  await expect.poll(() => [standing.heard(), late.heard()]).toEqual(['one', 'two']);
});

it('can be as if nobody listened, and listens again on its port', async () => {
  const standing = await dial();
  await proxy.refuse();
  await expect.poll(() => standing.faults).toEqual(['ECONNRESET']);
  expect((await dial()).faults).toEqual(['ECONNREFUSED']);
  await proxy.pass();
  const { socket, heard } = await dial();
  socket.write('back');
  await expect.poll(heard).toBe('back');
});

it('cuts a client whose server is not there', async () => {
  await new Promise((closed) => server.close(closed));
  const { socket } = await dial();
  if (!socket.closed) await once(socket, 'close');
  expect(socket.closed).toBe(true);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

it('knows the address of a server behind it', () => {
  expect(proxy.addressOf('mongodb://127.0.0.1:1/delauto?replicaSet=rs0')).toBe(
    `mongodb://127.0.0.1:${proxy.port}/delauto?replicaSet=rs0&directConnection=true`,
  );
  expect(proxy.addressOf('redis://127.0.0.1:1/3')).toBe(`redis://127.0.0.1:${proxy.port}/3`);
});
