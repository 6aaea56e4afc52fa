import { deterministicId } from '#src/db/deterministic-id.ts';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { callSid } from '#test/support/fakes/telephony.ts';
import type { World } from '#test/support/world.ts';

/** A call that was dialed too late, so that its attempt goes by another one; its SID. */
export async function aStray(world: World, n = 777): Promise<string> {
  const attempt = await world.aCall({ state: 'finished', outcome: 'busy', finished_at: world.time.now() });
  const call_sid = callSid(n);
  await world.deps.callLogs.ensure(
    newCallLog(
      {
        _id: deterministicId('call', call_sid),
        delivery_id: attempt.delivery_id,
        attempt_id: attempt._id,
        call_sid,
        status: 'queued',
        from_number: '+12025550000',
        to_number: attempt.to_number,
        retry_count: 0,
      },
      world.time.now(),
    ),
  );
  return call_sid;
}
