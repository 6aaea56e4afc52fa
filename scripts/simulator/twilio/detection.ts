import type { Call } from './call.ts';
import type { Office } from './office.ts';

const settle = ({ log }: Office, call: Call): void => {
  const { answeredBy } = call.person;
  // 'Enable' reports a machine at its first word, 'DetectMessageEnd' after its beep.
  call.answeredBy =
    call.request.machineDetection === 'DetectMessageEnd' && answeredBy === 'machine_start' ? 'machine_end_beep' : answeredBy;
  log.add('amd', { callSid: call.sid, to: call.request.to, answeredBy: call.answeredBy });
};

/** Asynchronous answering-machine detection: goes on beside the call, and is told about if the call still lasts. */
const inBackground = (office: Office, call: Call): void => {
  const { asyncAmdStatusCallback: url, asyncAmdStatusCallbackMethod: method } = call.request;
  office.background(async () => {
    await office.clock.sleep(call.person.detectionMs, call.timeline.signal);
    if (call.status !== 'in-progress') return;
    settle(office, call);
    if (url === null) return;
    const params = {
      AccountSid: call.accountSid,
      CallSid: call.sid,
      AnsweredBy: call.answeredBy ?? 'unknown',
      MachineDetectionDuration: String(call.person.detectionMs),
    };
    office.callbacks.notify({ call, event: 'amd', url, method, params });
  });
};

/** Finds out who answered where that was asked for; returns what the first TwiML request says about it (nothing, when it goes on in the background). */
export const detect = async (office: Office, call: Call): Promise<Record<string, string>> => {
  if (call.request.machineDetection === null) return {};
  if (call.request.asyncAmd) {
    inBackground(office, call);
    return {};
  }
  await call.timeline.elapse(call.person.detectionMs);
  settle(office, call);
  return { AnsweredBy: call.answeredBy ?? 'unknown', MachineDetectionDuration: String(call.person.detectionMs) };
};
