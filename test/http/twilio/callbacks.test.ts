import { beforeAll, describe, expect, it } from 'vitest';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';
import { aCall, callBack, refusals } from './a-callback.ts';

let world: WebWorld;
beforeAll(async () => {
  world = await webWorld();
});

describe("Twilio's callbacks", () => {
  it('about the status: filed with what they tell, enqueued, answered 204', async () => {
    const call = await aCall(world);
    const answer = await callBack(world, call.path('status'), call.status({ SipResponseCode: '487', SomethingNew: 'ignored' }));
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    const [event, ...more] = await call.events();
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      kind: 'call-status',
      call_sid: call.callSid,
      sequence: 3,
      occurred_at: new Date(world.clock.ms),
      received_at: new Date(world.clock.ms),
      state: 'received',
      data: { status: 'completed', durationSeconds: 31, sipResponseCode: 487 },
    });
    const job = (await world.jobs('call-event')).find(({ data }) => data.eventId === String(event?.['_id']));
    expect(job?.opts.priority).toBeGreaterThan(0);
    expect(job?.data.traceId).toBe((await world.rows('callattempts', { _id: call.attempt_id }))[0]?.['trace_id']);
  });

  it('about the status, one by one', async () => {
    const call = await aCall(world);
    const steps = ['initiated', 'ringing', 'in-progress', 'completed'];
    for (const [n, CallStatus] of steps.entries()) {
      const answer = await callBack(world, call.path('status'), call.status({ CallStatus, SequenceNumber: String(n) }));
      expect(answer.statusCode).toBe(204);
    }
    expect((await call.events()).map(({ data }) => String(data.status)).toSorted()).toEqual(steps.toSorted());
  });

  it('about who answered', async () => {
    const call = await aCall(world);
    const parameters = { ...call.common, AnsweredBy: 'machine_start', MachineDetectionDuration: '3100' };
    expect((await callBack(world, call.path('amd'), parameters)).statusCode).toBe(204);
    expect(await call.events()).toMatchObject([{ kind: 'amd', data: { answeredBy: 'machine_start', detectionMs: 3100 } }]);
  });

  it('about a recording; its address is never kept', async () => {
    const call = await aCall(world);
    const parameters = call.recording();
    expect((await callBack(world, call.path('recording'), parameters)).statusCode).toBe(204);
    const [event] = await call.events();
    expect(event?.['data']).toEqual({ recordingSid: parameters['RecordingSid'], status: 'completed', durationSeconds: 12, channels: 1 });
  });

  it('about a recording that there is not: -1 is no duration, an empty parameter is none', async () => {
    const call = await aCall(world);
    const parameters = call.recording({ RecordingStatus: 'absent', RecordingDuration: '-1', ErrorCode: '' });
    expect((await callBack(world, call.path('recording'), parameters)).statusCode).toBe(204);
    expect((await call.events())[0]?.['data']).toEqual({ recordingSid: parameters['RecordingSid'], status: 'absent', channels: 1 });
  });

  it('that come before the answer to our own request are filed', async () => {
    const call = await aCall(world);
    await world.db
      .collection('callattempts')
      .updateOne({ _id: call.attempt_id }, { $set: { state: 'submitting' }, $unset: { call_sid: '' } });
    expect((await callBack(world, call.path('status'), call.status())).statusCode).toBe(204);
    expect(await call.events()).toHaveLength(1);
  });

  it.each(['status', 'recording'])('about the %s, twenty copies at once: one row, all 204', async (name) => {
    const call = await aCall(world);
    const parameters = name === 'status' ? call.status() : call.recording();
    const filed = async () => (await world.metrics.callbacks.get()).values.reduce((sum, { value }) => sum + value, 0);
    const before = await filed();
    const answers = await Promise.all(Array.from({ length: 20 }, () => callBack(world, call.path(name), parameters)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(204));
    expect(await call.events()).toHaveLength(1);
    expect(await filed()).toBe(before + 1);
    const [event] = await call.events();
    expect((await world.jobs('call-event')).filter(({ data }) => data.eventId === String(event?.['_id']))).toHaveLength(1);
  });

  it('row 17: replayed within the hour: nothing is written', async () => {
    const call = await aCall(world);
    const parameters = call.status();
    await callBack(world, call.path('status'), parameters);
    const finished = { state: 'finished', finished_at: new Date(world.clock.ms) };
    await world.db.collection('callattempts').updateOne({ _id: call.attempt_id }, { $set: finished });
    await world.db.collection('webhookevents').updateOne({ attempt_id: call.attempt_id }, { $set: { state: 'applied' } });
    const before = await world.everything();
    expect((await callBack(world, call.path('status'), parameters)).statusCode).toBe(204);
    expect(await world.everything()).toBe(before);
  });

  it('are never refused in any of this', async () => {
    expect(Object.values(await refusals(world)).every((count) => count === 0)).toBe(true);
  });
});
