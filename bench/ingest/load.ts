/**
 * One measurement, in a process of its own: loads the server that `LOAD` (a `LoadOrder` as JSON) names, and prints a `LoadResult` as JSON.
 * A second of warming up goes before it and is not measured. Each connection sends its next request when the last one is answered.
 */
import { Client } from 'undici';
import { bodyOf } from './body.ts';
import type { LoadOrder, LoadResult } from './load-result.ts';
import { percentile } from './statistics.ts';

const { origin, key, connections, seconds, first } = JSON.parse(process.env['LOAD'] ?? '{}') as LoadOrder;
const PATH = '/v1/deliveries';
const WARM_UP_SECONDS = 1;
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
const accepted: string[] = [];
const refused = new Map<string, number>();
let sent = 0;
let failed = 0;

/** Loads for so long, and resolves with the milliseconds that each answer took. */
async function load(duration: number): Promise<{ latencies: number[]; seconds: number }> {
  const latencies: number[] = [];
  const begun = performance.now();
  const end = begun + duration * 1000;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < end) {
        sent += 1;
        const body = bodyOf(first + sent);
        const asked = performance.now();
        try {
          const answer = await client.request({ method: 'POST', path: PATH, headers, body });
          const text = await answer.body.text();
          latencies.push(performance.now() - asked);
          if (answer.statusCode === 202) accepted.push(String(answer.headers['location']).slice(PATH.length + 1));
          else note(`${answer.statusCode} ${text}`);
        } catch (error) {
          note(String(error));
        }
      }
    }),
  );
  return { latencies, seconds: (performance.now() - begun) / 1000 };
}

function note(failure: string): void {
  failed += 1;
  refused.set(failure, (refused.get(failure) ?? 0) + 1);
}

const clients = Array.from({ length: connections }, () => new Client(origin));
await load(WARM_UP_SECONDS);
const measured = await load(seconds);
await Promise.all(clients.map((client) => client.close()));
const [worst] = [...refused].sort(([, a], [, b]) => b - a);
const report: LoadResult = {
  sent,
  accepted,
  failed,
  ...(worst ? { failure: worst[0] } : {}),
  perSecond: measured.latencies.length / measured.seconds,
  p50: percentile(measured.latencies, 50),
  p95: percentile(measured.latencies, 95),
};
process.stdout.write(JSON.stringify(report));
