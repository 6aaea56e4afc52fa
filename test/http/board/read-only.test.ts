import { afterEach, describe, expect, it } from 'vitest';
import { boardWorld } from '#test/support/board-world.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

interface Shown {
  queues: { name: string; readOnlyMode: boolean; allowRetries: boolean; allowCompletedRetries: boolean }[];
}

async function setup() {
  const world = await boardWorld();
  opened.push(world.close);
  await world.register();
  const origin = 'https://delauto.example';
  /** The modes that the queues have on the pages. */
  const modes = async (headers: Record<string, string>) => {
    const { queues } = (await world.app.inject({ url: '/board/api/queues', headers })).json<Shown>();
    expect(queues.length).toBeGreaterThan(5);
    return [...new Set(queues.map((queue) => `${queue.readOnlyMode} ${queue.allowRetries} ${queue.allowCompletedRetries}`))];
  };
  const pause = async (headers: Record<string, string>) =>
    (await world.app.inject({ method: 'PUT', url: '/board/api/queues/call/pause', headers: { ...headers, origin } })).statusCode;
  return { ...world, modes, pause };
}

const ACTIONS = ['false true true'];
const NO_ACTIONS = ['true false false'];

describe('an agent with board_access', () => {
  it('may log in, and out', async () => {
    const { login, app, session, audits, ids } = await setup();
    expect((await login('reader@example.com')).headers.location).toBe('/board/');
    expect(audits).toEqual([{ actor: ids.reader, action: 'board.login' }]);
    const headers = { ...(await session('reader')), origin: 'https://delauto.example' };
    expect((await app.inject({ method: 'POST', url: '/board/logout', headers })).statusCode).toBe(303);
  });

  it('is offered no actions, while an administrator is', async () => {
    const { session, modes } = await setup();
    const [reader, admin] = [await session('reader'), await session('admin')];
    expect(await modes(reader)).toEqual(NO_ACTIONS);
    expect(await modes(admin)).toEqual(ACTIONS);
    expect(await modes(reader)).toEqual(NO_ACTIONS);
  });

  it('is out when the field is taken away', async () => {
    const { client, session, modes, pause, app, wait } = await setup();
    const headers = await session('reader');
    expect(await modes(headers)).toEqual(NO_ACTIONS);
    await client
      .db()
      .collection('agents')
      .updateOne({ email: 'reader@example.com' }, { $unset: { board_access: '' } });
    expect(await pause(headers)).toBe(403);
    wait(11_000);
    expect((await app.inject({ url: '/board/api/queues', headers })).statusCode).toBe(403);
  });

  it('can change things as soon as the role is admin', async () => {
    const { session, pause, modes, changeAgent, ids } = await setup();
    const headers = await session('reader');
    expect(await pause(headers)).toBe(405);
    await changeAgent(ids.reader, { role: 'admin' });
    expect(await pause(headers)).toBe(200);
    expect(await modes(headers)).toEqual(ACTIONS);
  });

  it('who was an administrator until now changes nothing any more', async () => {
    const { session, pause, modes, changeAgent, ids, producer } = await setup();
    const headers = await session('admin');
    expect(await modes(headers)).toEqual(ACTIONS);
    await changeAgent(ids.admin, { role: 'agent', board_access: 'read' });
    expect(await pause(headers)).toBe(405);
    expect(await producer.queues.get('call')?.isPaused()).toBe(false);
    expect(await modes(headers)).toEqual(NO_ACTIONS);
  });
});

it('nobody is offered actions while MongoDB is away, when nothing can be changed', async () => {
  const { session, modes, isAway } = await setup();
  const headers = await session('admin');
  isAway(true);
  expect(await modes(headers)).toEqual(NO_ACTIONS);
});
