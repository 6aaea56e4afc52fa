import type { DeliveryDoc } from '#src/db/models/deliveries.ts';
import type { World } from './world.ts';

const OPEN = ['pending', 'contacting'];
const WITH_TWILIO = ['submitted', 'in_progress'];
const UNDER_WAY = ['planned', 'submitting', 'unknown', 'submitted', 'in_progress'];

/** P5: a delivery that is not at its end has work that reconcile can find in the state alone. To be asked after every step. */
export function watchWork({ store, fail }: World): () => void {
  let changed = true;
  const touch = () => {
    changed = true;
  };
  store.attempts.watch(touch);
  store.deliveries.watch(touch);
  store.webhookEvents.watch(touch);

  const hasWork = ({ _id, customer_id, contact }: DeliveryDoc): boolean => {
    const attempts = store.attempts.filter(({ delivery_id }) => delivery_id.equals(_id));
    if (attempts.length === 0) return contact.next_at !== undefined;
    if (attempts.some(({ state, follow_up }) => UNDER_WAY.includes(state) || follow_up === 'due')) return true;
    // An opt-out that was told in another delivery's call closes this one, too.
    const theirs = store.attempts.filter((attempt) => attempt.customer_id.equals(customer_id)).map((attempt) => attempt._id.toHexString());
    return (
      store.webhookEvents.filter(({ state, attempt_id }) => state === 'received' && theirs.includes(attempt_id.toHexString())).length > 0
    );
  };

  /** Of a cancelled one: a call that Twilio is not to end, or a driver who is not to be told. */
  const isForgotten = ({ _id, status, agent_id, cancel_follow_up }: DeliveryDoc): boolean => {
    if (status !== 'cancelled' || cancel_follow_up === 'due') return false;
    const theirs = ({ delivery_id }: { delivery_id: DeliveryDoc['_id'] }) => delivery_id.equals(_id);
    const goOn = store.attempts.filter((row) => theirs(row) && WITH_TWILIO.includes(row.state) && !row.cancel_requested);
    const told = store.notifications.filter((row) => theirs(row) && row.kind === 'cancelled');
    return goOn.length > 0 || (agent_id !== undefined && told.length === 0);
  };

  return () => {
    if (!changed) return;
    changed = false;
    for (const { _id } of store.deliveries.filter(isForgotten))
      fail(`P5: the cancelling of delivery ${_id.toHexString()} is not seen through`);
    const lost = store.deliveries.filter((delivery) => OPEN.includes(delivery.contact.state) && !hasWork(delivery));
    for (const { _id, contact } of lost) fail(`P5: delivery ${_id.toHexString()} is ${contact.state} and nothing will move it on`);
  };
}

/** Everything that is still to be done, in words. */
export function unfinished({ store }: World): string[] {
  return [
    ...store.deliveries
      .filter(({ contact }) => OPEN.includes(contact.state))
      .map((row) => `delivery ${String(row._id)}: ${row.contact.state}`),
    ...store.deliveries
      .filter(({ cancel_follow_up }) => cancel_follow_up === 'due')
      .map((row) => `delivery ${String(row._id)}: its cancelling`),
    ...store.attempts.filter(({ state }) => UNDER_WAY.includes(state)).map((row) => `attempt ${String(row._id)}: ${row.state}`),
    ...store.attempts.filter(({ follow_up }) => follow_up === 'due').map((row) => `attempt ${String(row._id)}: no follow-up`),
    ...store.attempts
      .filter(({ recording }) => ['expected', 'pending', 'failed'].includes(recording?.state ?? ''))
      .map((row) => `attempt ${String(row._id)}: recording ${String(row.recording?.state)}`),
    ...store.webhookEvents.filter(({ state }) => state === 'received').map((row) => `event ${row.dedupe_key}`),
    ...store.recordings
      .filter(({ processing_status }) => processing_status !== 'completed')
      .map((row) => `recording ${String(row._id)}: ${row.processing_status}`),
    ...store.notifications
      .filter(({ state }) => ['pending', 'sending', 'failed'].includes(state))
      .map((row) => `notification ${row.kind}: ${row.state}`),
  ];
}
