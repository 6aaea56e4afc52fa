import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOpenAiAnalyst } from '#src/providers/analyst.openai.ts';
import { createTwilioTelephony } from '#src/providers/telephony.twilio.ts';
import { createOpenAiTranscriber } from '#src/providers/transcriber.openai.ts';
import { recordMessage } from '#src/providers/twiml.ts';
import type { Simulator } from '#scripts/simulator/simulator.ts';

export interface Origins {
  twilio: string;
  openai: string;
}

/** Uses everything that we use of Twilio and OpenAI, once, through our own providers: the requests are the product's, the answers the simulator's. */
export async function exercise(simulator: Simulator, origins: Origins): Promise<void> {
  const { env } = simulator;
  const of = (name: string) => env[name] ?? '';
  const telephony = createTwilioTelephony({
    accountSid: of('TWILIO_ACCOUNT_SID'),
    authToken: of('TWILIO_AUTH_TOKEN'),
    fromNumber: of('TWILIO_FROM_NUMBER'),
    apiUrl: origins.twilio,
  });
  const openai = {
    apiKey: of('OPENAI_API_KEY'),
    baseUrl: origins.openai,
    transcriptionModel: 'gpt-transcribe',
    analysisModel: 'gpt-4.1-mini',
  };
  const signal = AbortSignal.timeout(20_000);
  const home = await answerCalls();
  try {
    const [caller, silent, wrong] = ['+12025550171', '+12025550172', '+12025550173'] as const;
    simulator.setNumber(caller, [{ scenario: 'instructions' }]);
    simulator.setNumber(silent, [{ scenario: 'no-answer', ringMs: 600_000 }]);
    simulator.setNumber(wrong, [{ scenario: 'wrong-number' }]);
    const dial = (to: string) => telephony.dial({ to, attemptUrls: home.urls, timeoutSeconds: 30, timeLimitSeconds: 240 }, signal);

    const refused = await dial(wrong);
    if (refused.kind !== 'refused') throw new Error(`a wrong number was ${refused.kind}`);
    const ringing = await dial(silent);
    if (ringing.kind !== 'accepted') throw new Error(`a call was ${ringing.kind}`);
    await telephony.findCall(ringing.callSid, signal);
    await telephony.cancel(ringing.callSid, signal);

    const spoken = await dial(caller);
    if (spoken.kind !== 'accepted') throw new Error(`a call was ${spoken.kind}`);
    await simulator.idle();
    await telephony.findCallsTo(caller, { startedAfter: new Date(0) }, signal);
    const [recording] = await telephony.listRecordings(spoken.callSid, signal);
    if (!recording) throw new Error('the call has no recording');
    const media = await telephony.fetchRecording(recording.recordingSid, { maxBytes: 25_000_000, signal });
    const { text } = await createOpenAiTranscriber(openai).transcribe(
      { bytes: media.bytes, filename: 'recording.mp3', contentType: media.contentType },
      signal,
    );
    await createOpenAiAnalyst(openai).analyse({ transcript: text, language: 'en' }, signal);
    await telephony.deleteRecording(recording.recordingSid, signal);
  } finally {
    await telephony.close();
    await home.close();
  }
}

/** Answers every callback with TwiML that records a message. */
async function answerCalls() {
  const server = createServer((request, response) => {
    request.resume();
    const url = `${origin()}/again`;
    const twiml =
      request.url === '/voice'
        ? recordMessage({ texts: ['Please speak.'], language: 'en', actionUrl: url, recordingStatusUrl: url })
        : '<Response><Hangup/></Response>';
    response.writeHead(200, { 'content-type': 'text/xml' }).end(twiml);
  });
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    urls: { voice: `${origin()}/voice`, status: `${origin()}/status`, amd: `${origin()}/amd` },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
