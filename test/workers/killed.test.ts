import type { ObjectId } from 'mongodb';
import { describe, expect, it } from 'vitest';
import type { CallEvent } from '#src/domain/call-events/call-event.ts';
import { HOUR } from '#src/platform/time.ts';
import { killAtEveryStep, killedAfter, Killed, stateOf } from '#test/support/killed.ts';
import { recordingSid } from '#test/support/fakes/telephony.ts';
import { TRACE_ID } from '#test/support/makers.ts';
import { aJob, setup, type World } from '#test/support/world.ts';
import { analyseTranscript } from '#workers/ai-analysis.ts';
import { applyCallEvent } from '#workers/call-event.ts';
import { placeCall } from '#workers/call.ts';
import { pushNotification } from '#workers/notification.ts';
import { copyRecording } from '#workers/recording.ts';
import { planNextAttempt } from '#workers/retry.ts';
import { transcribeRecording } from '#workers/transcription.ts';
import { amdEvent, choiceEvent, recordingDone, statusEvent } from './a-call.ts';

const MP3 = { bytes: Buffer.from('audio'), contentType: 'audio/mpeg' };

/** Whatever step a process is killed at: the job runs again and everything ends as if nothing had happened. */
async function expectSameEnd(...given: Parameters<typeof killAtEveryStep>): Promise<void> {
  const { undisturbed, killed } = await killAtEveryStep(...given);
  expect(killed.length).toBeGreaterThan(3);
  for (const { step, state } of killed) expect(state, `killed after step ${step}`).toEqual(undisturbed);
}

describe('a process that is killed at any step, and its job run again', () => {
  const calls: [string, (sid: string) => CallEvent[]][] = [
    ['a confirmation', (sid) => [statusEvent(sid, 'in-progress', 2), choiceEvent(sid, '1'), statusEvent(sid, 'completed', 3)]],
    ['a message', (sid) => [choiceEvent(sid, '2'), statusEvent(sid, 'completed', 3), recordingDone(sid)]],
    ['"never again"', (sid) => [choiceEvent(sid, '9'), statusEvent(sid, 'completed', 3)]],
    ['a busy line', (sid) => [statusEvent(sid, 'busy', 1)]],
    ['somebody who hung up', (sid) => [statusEvent(sid, 'completed', 3), amdEvent(sid, 'human')]],
  ];
  it.each(calls)('call-event: %s', async (_, eventsOf) => {
    await expectSameEnd(async () => {
      const world = await setup();
      const attempt = await world.aCall({}, await world.aDelivery({ contact: { state: 'contacting', attempt: 1 } }));
      let last = '';
      for (const event of eventsOf(attempt.call_sid ?? '')) last = (await world.anEvent(event, attempt))._id.toHexString();
      return { world, work: (deps) => applyCallEvent({ eventId: last, traceId: TRACE_ID }, deps, aJob()) };
    });
  });

  it.each([true, false])(
    'call-event: "never again" closes the customer’s other deliveries, too; its job run again: %s',
    async (isRepeated) => {
      const prepare = async () => {
        const world = await setup();
        const customer = await world.aCustomer();
        const attempt = await world.aCall(
          {},
          await world.aDelivery({ customer_id: customer._id, contact: { state: 'contacting', attempt: 1 } }),
        );
        const other = await world.aPlannedAttempt({}, await world.aDelivery({ customer_id: customer._id }));
        const event = await world.anEvent(choiceEvent(attempt.call_sid ?? '', '9'), attempt);
        return {
          world,
          isRepeated,
          work: (deps: World['deps']) => applyCallEvent({ eventId: event._id.toHexString(), traceId: TRACE_ID }, deps, aJob()),
          // What is left to do is found by the state alone: another run may have closed the event meanwhile.
          callOther: () => placeCall({ attemptId: other._id.toHexString(), generation: 1, traceId: TRACE_ID }, world.deps, aJob()),
          other,
        };
      };
      const calm = await prepare();
      const counting = killedAfter(calm.world.deps, Infinity);
      await calm.work(counting.deps);
      for (let step = 1; step <= counting.steps(); step += 1) {
        const { world, work, callOther, other } = await prepare();
        const dying = killedAfter(world.deps, step);
        await work(dying.deps).catch(() => undefined);
        await dying.quiet();
        if (isRepeated) await work(world.deps);
        const isRemembered = (await world.all('optouts')).length > 0;
        if (!isRemembered) continue;
        await callOther();
        expect(world.telephony.dialed, `killed after step ${step}`).toEqual([]);
        expect(await world.attemptNow(other), `killed after step ${step}`).toMatchObject({ state: 'finished', outcome: 'opted_out' });
        expect((await world.deliveryNow({ _id: other.delivery_id })).contact, `killed after step ${step}`).toMatchObject({
          state: 'opted_out',
        });
        expect(
          (await world.all('notifications')).filter(({ delivery_id }) => other.delivery_id.equals(delivery_id as ObjectId)),
        ).toMatchObject([{ kind: 'opted_out' }]);
      }
    },
  );

  it.each(['busy', 'undialable'] as const)('retry: after %s', async (outcome) => {
    await expectSameEnd(async () => {
      const world = await setup();
      const attempt = await world.anEndedAttempt(
        outcome,
        {},
        await world.aDelivery({ contact: { state: 'pending', reason: outcome, attempt: 1 } }),
      );
      return { world, work: (deps) => planNextAttempt({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, deps, aJob()) };
    });
  });

  it('recording', async () => {
    const sid = recordingSid(1);
    const prepare = async () => {
      const world = await setup();
      world.telephony.media.set(sid, MP3);
      const attempt = await world.aCall({ state: 'finished', outcome: 'instructed', recording: { state: 'pending', sid, duration: 5 } });
      const payload = { attemptId: attempt._id.toHexString(), traceId: TRACE_ID };
      return { world, work: (deps: World['deps']) => copyRecording(payload, deps, aJob()) };
    };
    await expectSameEnd(prepare, async ({ db, producer, recordingStore }) => ({
      ...(await stateOf(db)),
      jobs: producer.ids(),
      objects: [...recordingStore.objects.keys()],
    }));
  });

  it('recording that is given up', async () => {
    await expectSameEnd(async () => {
      const world = await setup();
      const attempt = await world.aCall({
        state: 'finished',
        outcome: 'instructed',
        recording: { state: 'pending', sid: recordingSid(1), duration: 5 },
      });
      const payload = { attemptId: attempt._id.toHexString(), traceId: TRACE_ID };
      const work = async (deps: World['deps']) => {
        const error: unknown = await copyRecording(payload, deps, aJob({ lastAttempt: true })).catch((thrown: unknown) => thrown);
        if (error instanceof Killed) throw error;
      };
      return { world, work };
    });
  });

  it('recording that an operator replays', async () => {
    const sid = recordingSid(1);
    await expectSameEnd(async () => {
      const world = await setup();
      world.telephony.media.set(sid, MP3);
      const recording = { state: 'failed' as const, sid, duration: 5, error: 'the recording could not be copied' };
      const attempt = await world.aCall({ state: 'finished', outcome: 'instructed', recording });
      return { world, work: (deps) => copyRecording({ attemptId: attempt._id.toHexString(), traceId: TRACE_ID }, deps, aJob()) };
    });
  });

  it('transcription', async () => {
    await expectSameEnd(async () => {
      const world = await setup();
      const recording = await world.aRecording();
      world.recordingStore.objects.set(recording.storage_key ?? '', MP3.bytes);
      return { world, work: (deps) => transcribeRecording({ recordingId: recording._id.toHexString(), traceId: TRACE_ID }, deps, aJob()) };
    });
  });

  it('ai-analysis', async () => {
    await expectSameEnd(async () => {
      const world = await setup();
      const delivery = await world.aDelivery({
        contact: { state: 'instructed', attempt: 1 },
        package_details: { special_instructions: 'Ring twice.' },
      });
      const recording = await world.aRecording({ processing_status: 'processing', transcription: { text: 'At the back door.' } }, delivery);
      return { world, work: (deps) => analyseTranscript({ recordingId: recording._id.toHexString(), traceId: TRACE_ID }, deps, aJob()) };
    });
  });

  it.each([
    ['transcription', transcribeRecording, {}],
    ['ai-analysis', analyseTranscript, { text: 'At the back door.' }],
  ] as const)('%s that an operator replays', async (_, processor, transcription) => {
    await expectSameEnd(async () => {
      const world = await setup();
      const recording = await world.aRecording({ processing_status: 'failed', error_message: 'given up', transcription });
      world.recordingStore.objects.set(recording.storage_key ?? '', MP3.bytes);
      return { world, work: (deps) => processor({ recordingId: recording._id.toHexString(), traceId: TRACE_ID }, deps, aJob()) };
    });
  });

  it('notification', async () => {
    await expectSameEnd(async () => {
      const world = await setup();
      const row = await world.aNotification();
      const payload = { notificationId: row._id.toHexString(), traceId: TRACE_ID };
      return { world, work: (deps) => pushNotification(payload, deps, aJob()), revive: () => world.time.advance(31_000) };
    });
  });

  it('notification that an operator replays', async () => {
    await expectSameEnd(async () => {
      const world = await setup();
      const row = await world.aNotification({ state: 'failed', reason: 'the push service refuses our keys' });
      const payload = { notificationId: row._id.toHexString(), traceId: TRACE_ID };
      return { world, work: (deps) => pushNotification(payload, deps, aJob()), revive: () => world.time.advance(31_000) };
    });
  });

  it('call: until the claim nothing is lost, from the claim on nothing is dialed twice', async () => {
    const run = (id: string, deps: World['deps']) => placeCall({ attemptId: id, generation: 1, traceId: TRACE_ID }, deps, aJob());
    const prepare = async () => {
      const world = await setup();
      return { world, id: (await world.aPlannedAttempt())._id.toHexString() };
    };
    const calm = await prepare();
    const { deps, steps } = killedAfter(calm.world.deps, Infinity);
    await run(calm.id, deps);
    const undisturbed = await stateOf(calm.world.db);

    let afterClaim = 0;
    for (let step = 1; step <= steps(); step += 1) {
      const { world, id } = await prepare();
      await expect(run(id, killedAfter(world.deps, step).deps)).rejects.toThrow(Killed);
      const [attempt] = await world.all('callattempts');
      const claimed = attempt?.['state'] !== 'planned';
      const dialed = world.telephony.dialed.length;
      await run(id, world.deps);
      if (claimed) expect(world.telephony.dialed, `killed after step ${step}`).toHaveLength(dialed);
      else expect(await stateOf(world.db), `killed after step ${step}`).toEqual(undisturbed);
      afterClaim += Number(claimed);
    }
    expect(afterClaim).toBeGreaterThan(3);
  });

  it('call: forbidden in quiet hours', async () => {
    await expectSameEnd(async () => {
      const world = await setup();
      const attempt = await world.aPlannedAttempt(
        {},
        await world.aDelivery({ scheduled_time: new Date(world.time.now().getTime() + 30 * HOUR) }),
      );
      world.time.advance(12 * HOUR);
      return { world, work: (deps) => placeCall({ attemptId: attempt._id.toHexString(), generation: 1, traceId: TRACE_ID }, deps, aJob()) };
    });
  });

  it('call: forbidden for good', async () => {
    await expectSameEnd(async () => {
      const world = await setup();
      const attempt = await world.aPlannedAttempt();
      world.time.advance(9 * HOUR);
      return { world, work: (deps) => placeCall({ attemptId: attempt._id.toHexString(), generation: 1, traceId: TRACE_ID }, deps, aJob()) };
    });
  });
});
