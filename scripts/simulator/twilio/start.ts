import { createSpeech } from '../audio/speech.ts';
import { listen } from '../listen.ts';
import type { World } from '../world.ts';
import type { Call } from './call.ts';
import { isOver } from './call.ts';
import { createCallbacks } from './callbacks.ts';
import { createDialer } from './dialer.ts';
import { createSender } from './exchange.ts';
import type { Office } from './office.ts';
import { createRestApp } from './rest-app.ts';
import { callRoutes } from './rest-calls.ts';
import { recordingRoutes } from './rest-recordings.ts';
import { createStore } from './store.ts';

export interface TwilioOptions {
  port: number;
  accountSid: string;
  authToken: string;
  /** The only number that may call; null lets every valid one. */
  fromNumber: string | null;
  /** Calls dialed in a simulated second; null: no limit. */
  cps: number | null;
  /** How many calls and recordings are remembered. */
  maxCalls: number;
}

export interface Twilio {
  origin: string;
  calls: () => Call[];
  /** Resolves when no call lasts, no recording is processed and no callback is on its way. */
  idle: () => Promise<void>;
  /** Ends and forgets all calls and recordings. */
  reset: () => Promise<void>;
  stop: () => Promise<void>;
}

const createBackground = (log: World['log']) => {
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();
  const run = async (work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> => {
    try {
      await work(signal);
    } catch (error) {
      // What a call or the simulator ended is no error.
      const ended = error instanceof Error && (error.name === 'AbortError' || error.name === 'CallEnded');
      if (!ended) log.add('error', { message: String(error) });
    }
  };
  const start = (work: (signal: AbortSignal) => Promise<void>) => {
    const running = run(work, stopping.signal);
    underWay.add(running);
    void running.finally(() => underWay.delete(running));
  };
  return {
    start,
    size: () => underWay.size,
    settled: () => Promise.all(underWay),
    stop: () => {
      stopping.abort();
    },
  };
};

export const startTwilio = async (world: World, options: TwilioOptions): Promise<Twilio> => {
  const store = createStore(options.maxCalls);
  const sender = createSender(options.authToken);
  const callbacks = createCallbacks(world, sender);
  const background = createBackground(world.log);
  let origin = '';
  const office: Office = {
    ...world,
    accountSid: options.accountSid,
    store,
    callbacks,
    origin: () => origin,
    background: background.start,
  };

  const app = await createRestApp(office, options.authToken);
  const speech = createSpeech();
  const dialer = createDialer(office, options.cps);
  await app.register(
    (routes, _options, done) => {
      callRoutes(routes, office, dialer, options.fromNumber);
      recordingRoutes(routes, office, speech);
      done();
    },
    { prefix: '/2010-04-01/Accounts/:accountSid' },
  );
  origin = `http://127.0.0.1:${await listen(app, options.port)}`;

  const idle = async () => {
    while (background.size() > 0) {
      await background.settled();
      await callbacks.idle();
    }
    await callbacks.idle();
  };
  const endAll = () => {
    for (const call of store.calls()) if (!isOver(call)) call.timeline.end('simulator');
  };
  return {
    origin,
    calls: store.calls,
    idle,
    reset: async () => {
      endAll();
      await background.settled();
      store.clear();
    },
    stop: async () => {
      callbacks.stop();
      background.stop();
      endAll();
      await background.settled();
      await app.close();
      await sender.stop();
    },
  };
};
