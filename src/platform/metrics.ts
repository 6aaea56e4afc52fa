import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ALERTS } from './alert-names.ts';

/** Seconds: from a cached answer to a provider that takes its time. */
const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const JOB_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

const FENCED_WRITES = ['submitted', 'unclaim', 'rejected', 'recording', 'upload', 'transcription', 'analysis', 'notification'];
const REFUSALS = ['unreadable', 'signature', 'malformed', 'account', 'attempt', 'stale'];

/** What one process measures, in a registry of its own. Labels are closed sets: never an id, a number or an address (P8). */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpRequestDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Requests answered, by route pattern.',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: HTTP_BUCKETS,
      registers,
    }),
    jobs: new Counter({
      name: 'jobs_total',
      help: 'Runs of jobs, by how they ended: done, skipped, snoozed, rejected; with an error that used an attempt: retried, or failed for good; with one that used none: postponed (database away), rate_limited, paused (provider refuses our settings), stopped, parked (payload of a later release), queued_up (a suspect behind another); quarantined as poison.',
      labelNames: ['queue', 'outcome'] as const,
      registers,
    }),
    jobDuration: new Histogram({
      name: 'job_duration_seconds',
      help: 'One run of a job.',
      labelNames: ['queue'] as const,
      buckets: JOB_BUCKETS,
      registers,
    }),
    alerts: fromZero(
      'alert',
      ALERTS,
      new Counter({
        name: 'alerts_total',
        help: 'Times that an operator must be woken, by what for (src/platform/alert-names.ts).',
        labelNames: ['alert'] as const,
        registers,
      }),
    ),
    providerCircuitOpen: new Gauge({
      name: 'provider_circuit_open',
      help: 'Circuits of this process that are open, by provider and kind of request (telephony: dials, calls, lists, recordings, media): none is sent until a single one has been answered again.',
      labelNames: ['provider', 'requests'] as const,
      registers,
    }),
    fencedWrites: fromZero(
      'write',
      FENCED_WRITES,
      new Counter({
        name: 'fenced_writes_total',
        help: 'Writes refused because another run had taken over.',
        labelNames: ['write'] as const,
        registers,
      }),
    ),
    callbacks: new Counter({
      name: 'callbacks_total',
      help: 'Callbacks of Twilio that were filed.',
      labelNames: ['kind'] as const,
      registers,
    }),
    callbacksRefused: fromZero(
      'reason',
      REFUSALS,
      new Counter({
        name: 'callbacks_refused_total',
        help: 'Callbacks that were refused: forged, malformed, of another account, for no attempt of ours, told an hour late.',
        labelNames: ['reason'] as const,
        registers,
      }),
    ),
    callsDialed: new Counter({
      name: 'calls_dialed_total',
      help: 'Dials, by what Twilio said: accepted, refused, not-sent, unknown.',
      labelNames: ['result'] as const,
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** A series that begins with its first event has no rise in it, and a rule that watches the rise would miss that event. */
function fromZero<Label extends string>(label: Label, values: readonly string[], counter: Counter<Label>): Counter<Label> {
  for (const value of values) counter.inc({ [label]: value } as Record<Label, string>, 0);
  return counter;
}
