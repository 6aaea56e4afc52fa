import { PermanentlyRefused, ProviderDown, RateLimited, RecordingNotFound } from '#src/providers/errors.ts';
import type { Dialed, Telephony } from '#src/providers/telephony.ts';
import type { Actor } from './actor.ts';
import { attemptIdIn, type SimTwilio } from './twilio.ts';
import { MOST_DIAL_MS, type World } from './world.ts';

/** Twilio's reads lag behind by this at the most, in milliseconds: two look-ups that are 60 s apart do not both miss a call. */
const MOST_LAG_MS = 45_000;

type Fate = 'ok' | 'lost before' | 'lost after' | 'limited' | 'number refused' | 'unlisted' | 'not sent';

/** One process's way to Twilio, on which requests and answers are lost. */
export function createTelephony(actor: Actor, twilio: SimTwilio, world: World): Telephony {
  const { random, scheduler, weather, counter } = world;
  const lag = () => random.between(0, random.chance(0.5) ? 500 : MOST_LAG_MS);
  const down = () => new ProviderDown('telephony');

  /** A request that may be repeated. */
  const ask = async <Result>(what: string, signal: AbortSignal, effect: () => Result): Promise<Result> => {
    signal.throwIfAborted();
    return actor.trip(`twilio ${what}`, () => {
      if (!random.chance(weather.provider)) return effect();
      counter.add('requests at providers that failed');
      throw random.pick([down, down, () => new RateLimited('telephony', 2000), () => new PermanentlyRefused('telephony', 1)])();
    });
  };

  const fateOf = (): Fate => {
    const { lostBefore, lostAfter, limited, refused } = weather.dial;
    const draw = random.next();
    if (draw < lostBefore) return random.pick(['lost before', 'not sent']);
    if (draw < lostBefore + lostAfter) return 'lost after';
    if (draw < lostBefore + lostAfter + limited) return 'limited';
    return draw < lostBefore + lostAfter + limited + refused ? random.pick(['number refused', 'unlisted']) : 'ok';
  };

  return {
    async dial(request, signal) {
      if (signal.aborted) return { kind: 'not-sent', error: signal.reason as Error };
      const fate = fateOf();
      return new Promise<Dialed>((resolve) => {
        const unknown: Dialed = { kind: 'unknown', error: down() };
        const label = `${actor.name} twilio dial ${request.to.slice(-2)}`;
        const answer = (dialed: Dialed, ms = weather.latency()) => {
          scheduler.after(ms, `${label}: ${dialed.kind}`, () => actor.deliver(label, () => resolve(dialed)));
        };
        signal.addEventListener('abort', () => resolve(unknown), { once: true });
        scheduler.after(Math.min(weather.latency(), MOST_DIAL_MS), `${label} (${fate})`, () => {
          if (actor.state() === 'dead' && random.chance(0.3)) return;
          world.last.what = 'twilio dial';
          world.last.process = actor.name;
          if (fate !== 'ok') counter.add(`dials: ${fate}`);
          switch (fate) {
            case 'lost before':
              return answer(unknown, MOST_DIAL_MS);
            case 'not sent':
              return answer({ kind: 'not-sent', error: down() });
            case 'limited':
              return answer({ kind: 'not-sent', error: new RateLimited('telephony', random.between(500, 5000)) });
            case 'number refused':
              return answer({ kind: 'refused', code: 21211, message: 'invalid number', action: 'permanent-number' });
            case 'unlisted':
              return answer({ kind: 'refused', code: 99_999, message: 'unlisted', action: 'unlisted' });
            case 'lost after':
              twilio.place(request.to, attemptIdIn(request.attemptUrls.status));
              return answer(unknown, MOST_DIAL_MS);
            case 'ok':
              return answer({
                kind: 'accepted',
                callSid: twilio.place(request.to, attemptIdIn(request.attemptUrls.status)).sid,
                status: 'queued',
              });
          }
        });
      });
    },
    findCall: (callSid, signal) =>
      ask('find call', signal, () => {
        const call = twilio.calls.get(callSid);
        return call ? twilio.snapshot(call, lag()) : null;
      }),
    findCallsTo: (number, { startedAfter }, signal) =>
      ask('find calls', signal, () => {
        const seen = lag();
        const since = Math.floor(startedAfter.getTime() / 1000) * 1000;
        return [...twilio.calls.values()]
          .filter(({ to }) => to === number)
          .map((call) => twilio.snapshot(call, seen))
          .filter((call) => call !== null && (call.dateCreated?.getTime() ?? Infinity) >= since)
          .filter((call) => call !== null)
          .toReversed();
      }),
    listCalls: async () => ({ calls: [], next: null }),
    cancel: (callSid) =>
      actor.trip('twilio cancel', () => {
        const call = twilio.calls.get(callSid);
        const failing = random.chance(weather.provider);
        if (failing && random.chance(0.5)) return 'unknown';
        const answer = call ? twilio.hangUp(call) : 'unknown';
        return failing ? 'unknown' : answer;
      }),
    listRecordings: (callSid, signal) =>
      ask('list recordings', signal, () => {
        const recording = twilio.calls.get(callSid)?.recording;
        return recording && recording.at < scheduler.now() - lag()
          ? [{ recordingSid: recording.sid, callSid, status: recording.status }]
          : [];
      }),
    fetchRecording: (recordingSid, { signal }) =>
      ask('fetch recording', signal, () => {
        const call = [...twilio.calls.values()].find(({ recording }) => recording?.sid === recordingSid);
        if (call?.recording?.status !== 'completed') throw new RecordingNotFound('telephony');
        return { bytes: Buffer.from(recordingSid), contentType: 'audio/mpeg' };
      }),
    deleteRecording: async () => undefined,
  };
}
