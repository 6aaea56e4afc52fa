/**
 * One measurement, in a process of its own: loads the server that `LOAD` (a `LoadOrder` as JSON) names, and prints a `LoadResult` as JSON.
 * A second of warming up goes before it and is not measured.
 */
import autocannon from 'autocannon';
import { bodyOf } from './body.ts';
import type { LoadOrder, LoadResult } from './load-result.ts';
import { percentile } from './statistics.ts';

const { origin, key, connections, seconds, first } = JSON.parse(process.env['LOAD'] ?? '{}') as LoadOrder;
const PATH = '/v1/deliveries';
const accepted: string[] = [];
const refused = new Map<string, number>();
let sent = 0;

const requests = [
  {
    setupRequest: (request: autocannon.Request): autocannon.Request => {
      sent += 1;
      return { ...request, body: bodyOf(first + sent) };
    },
    onResponse: (status: number, body: string, _context: object, headers: Record<string, string> = {}): void => {
      if (status === 202) accepted.push((headers['location'] ?? '').slice(PATH.length + 1));
      else refused.set(`${status} ${body}`, (refused.get(`${status} ${body}`) ?? 0) + 1);
    },
  },
] as autocannon.Request[];

async function load(duration: number): Promise<{ result: autocannon.Result; latencies: number[] }> {
  const latencies: number[] = [];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: `${origin}${PATH}`,
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        connections,
        duration,
        sampleInt: 50, // it ends at a sample
        requests,
      },
      (error: Error | null, done) => (error ? reject(error) : resolve(done)),
    );
    // Its own histograms hold whole milliseconds.
    instance.on('response', (_client, _status, _bytes, milliseconds) => latencies.push(milliseconds));
  });
  return { result, latencies };
}

const warmUp = await load(1);
const { result, latencies } = await load(seconds);
const [worst] = [...refused].sort(([, a], [, b]) => b - a);
const report: LoadResult = {
  sent,
  accepted,
  failed: [...refused.values()].reduce((sum, count) => sum + count, 0) + warmUp.result.errors + result.errors,
  ...(worst ? { failure: worst[0] } : {}),
  perSecond: latencies.length / result.duration,
  p50: percentile(latencies, 50),
  p95: percentile(latencies, 95),
};
process.stdout.write(JSON.stringify(report));
