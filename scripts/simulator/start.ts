import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClock } from './clock.ts';
import { startControl } from './control.ts';
import { createFaults } from './faults.ts';
import { createLog } from './log.ts';
import { startOpenAi } from './openai/start.ts';
import type { SimulatorOptions } from './options.ts';
import { DEFAULTS } from './options.ts';
import { createPeople } from './people.ts';
import { createCertificates } from './push/certificates.ts';
import { startPush } from './push/start.ts';
import { S3_KEY, startS3 } from './s3.ts';
import type { Simulator } from './simulator.ts';
import { summariseCalls } from './twilio/call-summary.ts';
import { startTwilio } from './twilio/start.ts';

type Settled = ReturnType<typeof settle>;

const settle = (options: SimulatorOptions) => ({
  ...options,
  ports: options.ports ?? {},
  accountSid: options.accountSid ?? DEFAULTS.accountSid,
  authToken: options.authToken ?? DEFAULTS.authToken,
  fromNumber: options.fromNumber ?? DEFAULTS.fromNumber,
  openaiApiKey: options.openaiApiKey ?? DEFAULTS.openaiApiKey,
  bucket: options.bucket ?? DEFAULTS.bucket,
  seed: options.seed ?? DEFAULTS.seed,
  maxLogEntries: options.maxLogEntries ?? DEFAULTS.maxLogEntries,
  maxCalls: options.maxCalls ?? DEFAULTS.maxCalls,
});

const createEnv = (options: Settled, urls: Omit<Simulator['urls'], 'control'>, caFile: string): Record<string, string> => ({
  TWILIO_API_URL: urls.twilio,
  TWILIO_ACCOUNT_SID: options.accountSid,
  TWILIO_AUTH_TOKEN: options.authToken,
  TWILIO_FROM_NUMBER: options.fromNumber,
  OPENAI_BASE_URL: urls.openai,
  OPENAI_API_KEY: options.openaiApiKey,
  S3_ENDPOINT: urls.s3,
  S3_REGION: 'auto',
  S3_BUCKET: options.bucket,
  S3_ACCESS_KEY_ID: S3_KEY,
  S3_SECRET_ACCESS_KEY: S3_KEY,
  PUSH_ALLOWED_HOSTS: '127.0.0.1',
  NODE_EXTRA_CA_CERTS: caFile,
});

/** Writes the CA where it was asked for, or into a folder of its own that goes with the simulator. */
const writeCa = async (pem: string, wanted: string | undefined) => {
  const folder = wanted === undefined ? await mkdtemp(join(tmpdir(), 'delauto-ca-')) : null;
  const file = wanted ?? join(folder ?? '', 'ca.pem');
  await writeFile(file, pem);
  return { file, remove: () => rm(folder ?? file, { recursive: true, force: true }) };
};

/**
 * Starts stand-ins for Twilio, OpenAI, a push service and S3, all on 127.0.0.1. They call back whoever placed a call, and nobody else.
 * Rejects where a port is taken; what had started by then is stopped.
 */
export const startSimulator = async (given: SimulatorOptions = {}): Promise<Simulator> => {
  const options = settle(given);
  const { ports } = options;
  const clock = createClock(options);
  const log = createLog(clock, options.maxLogEntries);
  const faults = createFaults(log);
  const people = createPeople(options);
  const world = { clock, log, faults, people };

  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  const own = <T extends { stop: () => Promise<void> }>(started: T): T => {
    stops.push(started.stop);
    return started;
  };

  try {
    const certificates = await createCertificates();
    const ca = await writeCa(certificates.ca, options.caFile);
    stops.push(ca.remove);
    const s3 = own(await startS3({ port: ports.s3 ?? 0, bucket: options.bucket }));
    const openai = own(await startOpenAi(world, { port: ports.openai ?? 0, apiKey: options.openaiApiKey }));
    const push = own(await startPush(world, certificates, ports.push ?? 0));
    const twilio = own(
      await startTwilio(world, {
        port: ports.twilio ?? 0,
        accountSid: options.accountSid,
        authToken: options.authToken,
        fromNumber: options.onlyFromNumber ? options.fromNumber : null,
        cps: options.twilioCps ?? null,
        maxCalls: options.maxCalls,
      }),
    );

    const urls = { twilio: twilio.origin, openai: openai.baseUrl, push: push.origin, s3: s3.endpoint };
    const simulator = {
      urls,
      caFile: ca.file,
      env: createEnv(options, urls, ca.file),
      clock: { scale: clock.scale, anchorMs: clock.anchorMs, instant: clock.instant },
      log,
      calls: () => summariseCalls(twilio.calls(), log.entries()),
      setNumber: people.set,
      numbers: people.given,
      faults,
      addFault: faults.add,
      createSubscription: push.subscribe,
      setSubscription: push.script,
      idle: twilio.idle,
      reset: async () => {
        await twilio.reset();
        await s3.reset();
        push.reset();
        people.reset();
        faults.clear();
        log.clear();
      },
    };
    const control = own(await startControl(simulator, ports.control ?? 0));
    return { ...simulator, urls: { ...urls, control: control.url }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
