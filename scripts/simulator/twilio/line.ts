import type { Call, CallStatus } from './call.ts';
import { converse } from './conversation.ts';
import { detect } from './detection.ts';
import type { Office } from './office.ts';
import { moveTo } from './progress.ts';
import { CallEnded } from './timeline.ts';
import { ApplicationError } from './twiml.ts';

/** From the request to the network, and from there to the first ring; simulated. */
const SUBMIT_MS = 150;
const CONNECT_MS = 600;

type Ending = { status: CallStatus; sipCode: number };

/** Rings until somebody answers (null), or the attempt is over. */
const ring = async (office: Office, call: Call): Promise<Ending | null> => {
  const { person, timeline, request } = call;
  moveTo(office, call, 'initiated');
  await timeline.elapse(CONNECT_MS);
  if (person.line === 'failed') {
    await timeline.elapse(person.ringMs);
    return { status: 'failed', sipCode: 404 };
  }
  moveTo(office, call, 'ringing');
  const patienceMs = request.timeout * 1000;
  if (person.line === 'no-answer' || person.ringMs > patienceMs) {
    await timeline.elapse(patienceMs);
    return { status: 'no-answer', sipCode: 487 };
  }
  await timeline.elapse(person.ringMs);
  return person.line === 'busy' ? { status: 'busy', sipCode: 486 } : null;
};

const talk = async (office: Office, call: Call): Promise<void> => {
  const { person, timeline, request } = call;
  call.answeredAt = timeline.now();
  timeline.endAfter(request.timeLimit * 1000, 'time-limit');
  if (person.hangsUpAfterMs !== null) timeline.endAfter(person.hangsUpAfterMs, 'person');
  moveTo(office, call, 'in-progress');
  await converse(office, call, await detect(office, call));
};

/** How a call ends that something cut short. */
const cutShort = ({ log }: Office, call: Call, error: unknown): Ending => {
  const about = { callSid: call.sid, to: call.request.to };
  if (error instanceof CallEnded) {
    if (error.by === 'person') log.add('hung-up', about, call.timeline.now());
    return call.answeredAt === null ? { status: 'canceled', sipCode: 487 } : { status: 'completed', sipCode: 200 };
  }
  const [code, message] = error instanceof ApplicationError ? [error.code, error.message] : [0, String(error)];
  log.add('error', { ...about, applicationError: true, code, message }, call.timeline.now());
  return { status: 'completed', sipCode: 200 };
};

const connect = async (office: Office, call: Call): Promise<Ending> => {
  try {
    const ending = await ring(office, call);
    if (ending) return ending;
    await talk(office, call);
    return { status: 'completed', sipCode: 200 };
  } catch (error) {
    return cutShort(office, call, error);
  }
};

/** Leads a call from the queue to its end. Canceled while it waits, it ends without a word: Twilio sends no callback then. */
export const runCall = async (office: Office, call: Call, waitMs: number): Promise<void> => {
  const { timeline } = call;
  try {
    await timeline.elapse(waitMs + SUBMIT_MS);
  } catch {
    call.status = 'canceled';
    call.updatedAt = call.endedAt = timeline.now();
    office.log.add('status', { callSid: call.sid, to: call.request.to, status: 'canceled' }, timeline.now());
    return;
  }
  call.queueMs = waitMs;
  call.startedAt = timeline.now();
  const { status, sipCode } = await connect(office, call);
  timeline.end('simulator'); // what goes on beside the call, like detection, ends with it
  moveTo(office, call, status, sipCode);
};
