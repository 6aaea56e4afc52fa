import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { completeEnvironment } from '#test/support/environment.ts';
import { runScript } from '#test/support/run-script.ts';

const check = (env: Record<string, string>) => runScript('scripts/check-settings.ts', [], env);

it('says of each setting where it comes from, and never what was given', async () => {
  const { code, lines, stdout } = await check({ ...completeEnvironment, TWILIO_AUTH_TOKEN: 'topsecret' });
  expect(code).toBe(0);
  expect(lines).toContain('ok     TWILIO_AUTH_TOKEN is set');
  expect(lines).toContain('ok     PORT = 3000 (default)');
  expect(lines).toContain('ok     WORKER_QUEUES is not set (optional)');
  expect(lines.at(-1)).toBe('The settings are complete.');
  for (const value of ['topsecret', ...Object.values(completeEnvironment).filter((text) => text.length > 10)])
    expect(stdout).not.toContain(value);
});

it('names all that is missing or wrong, and starts nothing', async () => {
  const { REDIS_URL: _, S3_BUCKET: __, ...rest } = completeEnvironment;
  const { code, lines, stderr } = await check({ ...rest, PORT: 'eighty' });
  expect(code).toBe(1);
  expect(stderr).toBe('');
  expect(lines).toContain('WRONG  PORT: must be a whole number from 0 to 65535');
  expect(lines).toContain('WRONG  S3_BUCKET: is missing');
  expect(lines).toContain('WRONG  REDIS_URL: is missing; set it, or REDIS_CLUSTER_NODES for a Redis Cluster');
  expect(lines.at(-1)).toBe('3 to be put right.');
});

it('names what only several settings together get wrong', async () => {
  const { REDIS_URL: _, ...rest } = completeEnvironment;
  const { code, lines } = await check({ ...rest, CLOCK_SCALE: '60' });
  expect(code).toBe(1);
  expect(lines.filter((line) => line.startsWith('WRONG'))).toEqual([
    'WRONG  REDIS_URL: is missing; set it, or REDIS_CLUSTER_NODES for a Redis Cluster',
    'WRONG  CLOCK_SCALE: must be 1 while TWILIO_API_URL is Twilio itself',
  ]);
});

it('is not upset when nobody reads it to the end', async () => {
  const env = { PATH: process.env.PATH ?? '', ...completeEnvironment };
  const child = spawn(process.execPath, ['scripts/check-settings.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const code = new Promise((resolve) => child.once('exit', resolve));
  expect(await text(child.stderr)).toBe('');
  expect(await code).toBe(0);
});
