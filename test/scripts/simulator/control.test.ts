import { describe, expect, it } from 'vitest';

import { setup } from './setup.ts';

const withControl = async () => {
  const world = await setup();
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${world.simulator.urls.control}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as unknown };
  };
  return { ...world, ask };
};

describe('the control API', () => {
  it('decides what a number does, and shows what happened', async () => {
    const { ask, dial } = await withControl();
    expect((await ask('PUT', '/numbers/+12025550100', { steps: 'busy,another-time' })).status).toBe(204);
    await dial('+12025550100');
    await dial('+12025550100');
    expect((await ask('GET', '/idle')).status).toBe(204);
    expect((await ask('GET', '/calls?to=%2B12025550100')).body).toMatchObject({
      calls: [
        { status: 'busy', scenario: 'busy', pressed: [] },
        {
          status: 'completed',
          scenario: 'another-time',
          pressed: ['3'],
          requests: expect.arrayContaining([{ event: 'gather', status: 200, sequence: null }]) as object,
        },
      ],
    });
    expect((await ask('GET', '/log?kind=status&limit=1')).body).toMatchObject({ entries: [{ kind: 'status', status: 'completed' }] });
  });

  it('scripts faults, lists and removes them', async () => {
    const { ask } = await withControl();
    const { status, body } = await ask('POST', '/faults', { target: 'twilio', kind: '500', times: 2 });
    expect(status).toBe(201);
    expect((await ask('GET', '/faults')).body).toMatchObject([{ ...(body as object), kind: '500', times: 2 }]);
    expect((await ask('DELETE', `/faults/${(body as { id: string }).id}`)).status).toBe(204);
    expect((await ask('GET', '/faults')).body).toEqual([]);
  });

  it('makes subscriptions and changes how they answer', async () => {
    const { ask, simulator } = await withControl();
    const { status, body } = await ask('POST', '/subscriptions', { label: 'driver 1' });
    expect(status).toBe(201);
    const { id, endpoint } = body as { id: string; endpoint: string };
    expect(endpoint).toBe(`${simulator.urls.push}/push/${id}`);
    expect((await ask('PUT', `/subscriptions/${id}`, { answer: 410 })).status).toBe(204);
    expect((await ask('PUT', '/subscriptions/nobody', { answer: 410 })).status).toBe(404);
  });

  it.each([
    ['PUT', '/numbers/+12025550100', { steps: 'dance' }],
    ['POST', '/faults', { target: 'twilio', kind: 'earthquake' }],
    ['POST', '/faults', { target: 'twilio', kind: '500', match: { path: '(' } }],
    ['POST', '/subscriptions', { answer: 200 }],
    ['GET', '/log?sort=desc', undefined],
  ])('refuses %s %s %j', async (method, path, body) => {
    const { ask, simulator } = await withControl();
    expect(await ask(method, path, body)).toMatchObject({ status: 400, body: { error: expect.any(String) as string } });
    expect(simulator.faults.pending()).toEqual([]);
  });

  it('forgets everything when it is reset', async () => {
    const { ask, simulator, dial } = await withControl();
    simulator.setNumber('+12025550100', 'busy');
    simulator.addFault({ target: 'push', kind: '410' });
    await dial('+12025550100');
    expect((await ask('POST', '/reset')).status).toBe(204);
    expect([simulator.calls(), simulator.log.entries(), simulator.faults.pending(), simulator.numbers()]).toEqual([[], [], [], {}]);
  });
});
