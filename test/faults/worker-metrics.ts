/** What a process says of itself at its METRICS_PORT, by sample: `jobs_total{queue="call",outcome="done"}` and its value. Rejects when it does not answer. */
export async function scrape(port: number): Promise<Map<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2000) })).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

/** The sum over all samples of this name whose labels have these words in them. */
export function total(samples: ReadonlyMap<string, number>, name: string, labels = ''): number {
  return [...samples]
    .filter(([sample]) => sample.startsWith(`${name}{`) && sample.includes(labels))
    .reduce((sum, [, value]) => sum + value, 0);
}
