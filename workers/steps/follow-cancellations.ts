import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { WorkWalks } from '#src/db/repositories/work-walks.ts';
import { followCancellation, type FollowCancellationDeps } from '#src/pipeline/follow-cancellation.ts';
import { SECOND } from '#src/platform/time.ts';
import type { RunContext } from '../processor.ts';
import { eachByItself } from './each-by-itself.ts';

export interface FollowCancellationsDeps extends FollowCancellationDeps {
  walks: Pick<WorkWalks, 'cancellations'>;
}

/** A cancellation younger than this, in real milliseconds, is being seen through by the request itself. */
const GRACE_MS = 5 * SECOND;

/** Sees through cancellations whose request died half way, for upstream may not repeat it. Calls are only marked here: `endCancelledCalls` ends them. */
export async function followCancellations(
  { walks, time, ...deps }: FollowCancellationsDeps,
  { log }: Pick<RunContext, 'log'>,
): Promise<number> {
  let followed = 0;
  const follow = async (delivery: DeliveryDoc) => {
    await followCancellation(delivery, delivery.trace_id ?? '0'.repeat(32), { ...deps, time });
    followed += 1;
  };
  for await (const page of walks.cancellations(new Date(time.now().getTime() - time.span(GRACE_MS)))) await eachByItself(page, follow, log);
  return followed;
}
