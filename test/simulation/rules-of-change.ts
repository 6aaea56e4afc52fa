import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import { allowedFrom } from '#src/domain/contact-moves.ts';
import type { Table, Identified } from '#test/support/memory/table.ts';
import { keyOf } from '#test/support/memory/table.ts';
import type { World } from './world.ts';

const FINAL_ATTEMPT = ['finished', 'rejected', 'not_placed'];
const OPEN = ['pending', 'contacting'];
const FINAL_CALL = ['completed', 'busy', 'no-answer', 'failed', 'canceled'];

/** P4: what is final stays so, counts only grow, and a delivery's contact goes only where it may. Told of every single write. */
export function watchChanges({ store, fail }: World): void {
  const watch = <Doc extends Identified>(name: string, table: Table<Doc>, faultOf: (before: Doc, after: Doc) => string | false) =>
    table.watch((before, after) => {
      const fault = before && after && faultOf(before, after);
      if (fault) fail(`P4: ${name} ${keyOf(after._id)}: ${fault}`);
    });

  watch('attempt', store.attempts, (before, after) => {
    if (FINAL_ATTEMPT.includes(before.state) && after.state !== before.state) return `${before.state} became ${after.state}`;
    if (after.epoch < before.epoch) return 'its epoch fell';
    if (after.event_count < before.event_count) return 'it forgot events';
    if (before.call_sid !== undefined && after.call_sid !== before.call_sid) return 'it changed its call';
    if (before.recording?.state === 'stored' && after.recording?.state !== 'stored') return 'it forgot that its recording is stored';
    if (before.follow_up === 'done' && after.follow_up === 'due') return 'it is followed up again';
    // A key says more than anything, however late it is told, and why a call failed more than that it did.
    const toldMore = after.choice !== before.choice || (before.outcome === 'failed' && after.error_code !== before.error_code);
    const overruled = before.outcome !== undefined && after.outcome !== before.outcome && !toldMore;
    return overruled && `its outcome ${before.outcome} became ${String(after.outcome)}`;
  });
  watch('call log', store.callLogs, (before, after) => {
    if ((after.event_count ?? 0) < (before.event_count ?? 0)) return 'it forgot events';
    return FINAL_CALL.includes(before.status) && after.status !== before.status && `${before.status} became ${after.status}`;
  });
  watch('delivery', store.deliveries, (before, after) => {
    const [from, to] = [before.contact.state, after.contact.state];
    if (from !== to && !allowedFrom(to).includes(from)) return `its contact went from ${from} to ${to}`;
    if ((after.contact.attempt ?? 0) < (before.contact.attempt ?? 0)) return 'an earlier attempt replaced a later one';
    if (after.retry_count < before.retry_count) return `its retries went from ${before.retry_count} to ${after.retry_count}`;
    if (OPEN.includes(to) && forgets(before, after)) return 'it forgot when its next attempt is due';
    if (before.cancel_follow_up === 'done' && after.cancel_follow_up !== 'done') return 'its cancelling is followed up again';
    return before.status === 'cancelled' && after.status !== 'cancelled' && `it was cancelled and is ${after.status}`;
  });
  /** The time that a planned attempt has is the delivery's until that one is dialed. */
  const forgets = ({ _id, contact: { next_at } }: DeliveryDoc, { contact }: DeliveryDoc): boolean =>
    next_at !== undefined &&
    contact.next_at === undefined &&
    store.attempts.filter((row) => row.delivery_id.equals(_id) && row.state === 'planned' && +row.due_at === +next_at).length > 0;
  watch('notification', store.notifications, (before, after) => {
    if (after.epoch < before.epoch) return 'its epoch fell';
    return ['sent', 'skipped'].includes(before.state) && after.state !== before.state && `${before.state} became ${after.state}`;
  });
  watch('recording', store.recordings, (before, after) => {
    if (before.transcription.text !== undefined && after.transcription.text !== before.transcription.text) return 'it was transcribed anew';
    return (
      before.processing_status === 'completed' && after.processing_status !== 'completed' && `completed became ${after.processing_status}`
    );
  });
  watch('event', store.webhookEvents, (before, after) => before.state !== 'received' && after.state !== before.state && 'it is open again');
  store.optOuts.watch((before) => {
    if (before) fail('P4: an opt-out was changed');
  });
}
