import { parentPort, workerData } from 'node:worker_threads';
import { Agent, request } from 'undici';
import { steadily, timed } from '#test/faults/steady-load.ts';
import type { Orders, UpstreamData } from '#test/faults/upstream.ts';

const { url, key } = workerData as UpstreamData;
const dispatcher = new Agent();
const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };

async function post(body: unknown): Promise<{ status: number; text: string }> {
  const answer = await request(url, { method: 'POST', headers, body: JSON.stringify(body), dispatcher });
  return { status: answer.statusCode, text: await answer.body.text() };
}

parentPort?.on('message', ({ bodies, perSecond }: Orders) => {
  void steadily(bodies.length, perSecond, (index) => timed(() => post(bodies[index]))).then((given) => parentPort?.postMessage(given));
});
