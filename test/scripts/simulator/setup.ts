import { onTestFinished } from 'vitest';

import type { SimulatorOptions } from '#scripts/simulator/options.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import { startSimulator } from '#scripts/simulator/start.ts';

import { startAnsweringApp } from './answering-app.ts';

/** A simulator of the test's own that waits for nothing, gone when the test is. */
export const setupSimulator = async (options: SimulatorOptions = {}): Promise<Simulator> => {
  const simulator = await startSimulator({ instant: true, ...options });
  onTestFinished(() => simulator.stop());
  return simulator;
};

const menu = `<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Gather numDigits="1" action="choice?attempt=7" timeout="6"><Say language="en-US">Hello Ann &amp; Bob, press 1 to confirm or 2 to leave a message.</Say></Gather>
  <Say>We did not hear you.</Say>
</Response>`;
const record = `<Response><Say>Speak after the beep.</Say><Record action="/voice/recorded" maxLength="120" timeout="3" recordingStatusCallback="/recording"
  recordingStatusCallbackEvent="in-progress completed absent"/><Say>Nothing heard.</Say></Response>`;
const thanks = '<Response><Say>Thank you.</Say><Hangup/><Say>never said</Say></Response>';

export const DOCUMENTS: Readonly<Record<string, string>> = { '/voice/greet': menu, '/voice/choice': thanks, '/voice/recorded': thanks };

/** A simulator and a server that it calls back. */
export const setup = async (options: SimulatorOptions & { documents?: Readonly<Record<string, string>> } = {}) => {
  const app = await startAnsweringApp({ ...DOCUMENTS, ...options.documents });
  onTestFinished(() => app.stop());
  const simulator = await setupSimulator(options);
  return { simulator, app, dial: dialer(simulator, app.url) };
};

/** The menu's second choice leads to a recording. */
export const RECORDING = { '/voice/choice': record };

/** Asks Twilio's API in plain HTTP. */
export const ask = async (simulator: Simulator, method: string, path: string, form?: Readonly<Record<string, string | string[]>>) => {
  const { TWILIO_ACCOUNT_SID: account = '', TWILIO_AUTH_TOKEN: token = '' } = simulator.env;
  const pairs = Object.entries(form ?? {}).flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]));
  return fetch(`${simulator.urls.twilio}/2010-04-01/Accounts/${account}${path}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` },
    ...(form ? { body: new URLSearchParams(pairs) } : {}),
  });
};

const dialer =
  (simulator: Simulator, appUrl: string) =>
  async (to: string, more: Readonly<Record<string, string | string[]>> = {}): Promise<string> => {
    const response = await ask(simulator, 'POST', '/Calls.json', {
      To: to,
      From: '+15005550006',
      Url: `${appUrl}/voice/greet?attempt=7`,
      StatusCallback: `${appUrl}/status`,
      StatusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
      ...more,
    });
    const { sid } = (await response.json()) as { sid: string };
    return sid;
  };
