import type { Metrics } from '#src/platform/metrics.ts';
import type { Analyst } from './analyst.ts';
import { createCircuit, through, type Circuit, type Sign } from './circuit.ts';
import { CircuitOpen, ProviderDown, Withheld } from './errors.ts';
import type { Push } from './push.ts';
import type { RecordingStore } from './recordings.ts';
import type { Dialed, Telephony } from './telephony.ts';
import type { Transcriber } from './transcriber.ts';

// The providers behind circuits of this process. Beside what their interfaces say, all throw `CircuitOpen` while theirs is open.

type Counted = Pick<Metrics, 'providerCircuitOpen'>;

/**
 * Each kind of request has a circuit of its own: look-ups that succeed must not hide that every dial fails, and media that cannot be had
 * must not keep calls from being looked up. A dial that is held is not sent, and the attempt is given back; one of which nobody knows
 * counts as a failure and stays unknown. `cancel` always tries: a phone may be ringing.
 */
export function telephonyWithCircuits(telephony: Telephony, metrics: Counted): Telephony {
  const circuitFor = (requests: string) => createCircuit('telephony', metrics, requests);
  const asking = (requests: string) => {
    const circuit = circuitFor(requests);
    return <Result>(work: () => Promise<Result>) => through(circuit, 'telephony', work);
  };
  const dials = circuitFor('dials');
  const [calls, lists, recordings, media] = [asking('calls'), asking('lists'), asking('recordings'), asking('media')];
  return {
    dial: (request, signal) => dialThrough(dials, () => telephony.dial(request, signal), signal),
    cancel: (callSid, signal) => telephony.cancel(callSid, signal),
    findCall: (callSid, signal) => calls(() => telephony.findCall(callSid, signal)),
    findCallsTo: (number, options, signal) => lists(() => telephony.findCallsTo(number, options, signal)),
    listCalls: (options, signal) => lists(() => telephony.listCalls(options, signal)),
    listRecordings: (callSid, signal) => recordings(() => telephony.listRecordings(callSid, signal)),
    fetchRecording: (recordingSid, options) => media(() => telephony.fetchRecording(recordingSid, options)),
    deleteRecording: (recordingSid, signal) => recordings(() => telephony.deleteRecording(recordingSid, signal)),
  };
}

async function dialThrough(circuit: Circuit, dial: () => Promise<Dialed>, signal: AbortSignal): Promise<Dialed> {
  try {
    const dialed = await circuit.pass(dial, (result) => signOf(result, signal));
    const held = circuit.heldMs();
    const costsNoAttempt = dialed.kind === 'not-sent' && dialed.error instanceof ProviderDown && held > 0;
    return costsNoAttempt ? { kind: 'not-sent', error: new CircuitOpen('telephony', held, { cause: dialed.error }) } : dialed;
  } catch (error) {
    if (error instanceof CircuitOpen) return { kind: 'not-sent', error };
    throw error;
  }
}

function signOf(dialed: Dialed, signal: AbortSignal): Sign {
  if (dialed.kind !== 'not-sent' && dialed.kind !== 'unknown') return 'answered';
  if (signal.aborted || dialed.error instanceof Withheld) return 'given-up';
  return dialed.error instanceof ProviderDown ? 'down' : 'answered';
}

export function recordingsWithCircuit(store: RecordingStore, metrics: Counted): RecordingStore {
  const circuit = createCircuit('recordings', metrics);
  return {
    store: (request, signal) => through(circuit, 'recordings', () => store.store(request, signal)),
    fetch: (key, options) => through(circuit, 'recordings', () => store.fetch(key, options)),
    ping: (signal) => store.ping(signal),
  };
}

export function transcriberWithCircuit(transcriber: Transcriber, metrics: Counted): Transcriber {
  const circuit = createCircuit('transcriber', metrics);
  return { transcribe: (request, signal) => through(circuit, 'transcriber', () => transcriber.transcribe(request, signal)) };
}

export function analystWithCircuit(analyst: Analyst, metrics: Counted): Analyst {
  const circuit = createCircuit('analyst', metrics);
  return { analyse: (request, signal) => through(circuit, 'analyst', () => analyst.analyse(request, signal)) };
}

/** One circuit for each push service: that of one browser's maker may be down and the others not. They are few. */
export function pushWithCircuits(push: Push, metrics: Counted): Push {
  const circuits = new Map<string, Circuit>();
  const circuitTo = (host: string): Circuit => {
    const circuit = circuits.get(host) ?? createCircuit('push', metrics);
    circuits.set(host, circuit);
    return circuit;
  };
  return {
    send: (subscription, message, options, signal) =>
      through(circuitTo(hostOf(subscription)), 'push', () => push.send(subscription, message, options, signal)),
  };
}

/** Of a subscription as it was stored, which may be none: then nothing will be sent. */
function hostOf(subscription: unknown): string {
  const { endpoint } = (subscription ?? {}) as { endpoint?: unknown };
  return typeof endpoint === 'string' ? (URL.parse(endpoint)?.host ?? '') : '';
}
