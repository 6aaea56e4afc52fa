import type { WorkWalks } from '#src/db/repositories/work-walks.ts';
import { followCancellation, type FollowCancellationDeps } from '#src/pipeline/follow-cancellation.ts';
import { SECOND } from '#src/platform/time.ts';

export interface FollowCancellationsDeps extends FollowCancellationDeps {
  walks: Pick<WorkWalks, 'cancellations'>;
}

/** A cancellation younger than this, in real milliseconds, is being seen through by the request itself. */
const GRACE_MS = 5 * SECOND;

/** Sees through cancellations whose request died half way, for upstream may not repeat it. Calls are only marked here: `endCancelledCalls` ends them. */
export async function followCancellations({ walks, time, ...deps }: FollowCancellationsDeps): Promise<number> {
  let followed = 0;
  for await (const page of walks.cancellations(new Date(time.now().getTime() - time.span(GRACE_MS)))) {
    for (const delivery of page) {
      await followCancellation(delivery, delivery.trace_id ?? '0'.repeat(32), { ...deps, time });
      followed += 1;
    }
  }
  return followed;
}
