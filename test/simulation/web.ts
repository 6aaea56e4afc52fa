import { LIVE_ATTEMPT_STATES } from '#src/domain/vocabulary.ts';
import { attemptOf, fileCallback } from '#src/http/twilio/file-callback.ts';
import { HttpProblem } from '#src/http/problems/http-problem.ts';
import { SECOND } from '#src/platform/time.ts';
import { isBug } from './is-bug.ts';
import type { Process } from './process.ts';
import type { Callback, SimTwilio } from './twilio.ts';
import type { World } from './world.ts';

/** Twilio waits so long for an answer, in milliseconds, and tries so often again: the connection overrides of our URLs. */
const PATIENCE_MS = 15 * SECOND;
const RETRIES = 5;

const LIVE: readonly string[] = LIVE_ATTEMPT_STATES;

/** Brings callbacks to a web process, as our routes file them: late, twice, out of order, not at all. */
export function connectCallbacks(twilio: SimTwilio, webs: () => Process[], world: World): void {
  const { random, scheduler, weather, counter } = world;

  const deliver = (callback: Callback, retriesLeft: number) => {
    const again = () => {
      if (retriesLeft > 0) {
        counter.add('callbacks sent again');
        scheduler.after(random.between(0.5, 10) * SECOND, `twilio: ${callback.what} again`, () => deliver(callback, retriesLeft - 1));
      } else counter.add('callbacks given up');
    };
    const running = webs().filter(({ actor }) => actor.state() !== 'dead');
    if (running.length === 0) return again();
    const web = random.pick(running);
    let answered = false;
    const patience = scheduler.after(PATIENCE_MS, `twilio: no answer to ${callback.what}`, () => {
      answered = true;
      again();
    });
    const answer = (ok: boolean) => {
      if (answered) return;
      answered = true;
      patience.cancel();
      if (!ok) again();
    };
    web.actor.deliver(`callback ${callback.what}`, () => {
      receive(callback, web).then(
        () => answer(true),
        (error: unknown) => {
          if (isBug(error)) world.fail(`${callback.what} threw ${error.stack ?? String(error)}`);
          answer(error instanceof HttpProblem && error.status < 500);
        },
      );
    });
  };

  twilio.onCallback = (callback) => {
    const send = () => {
      const delay = random.chance(weather.callback.late) ? random.between(1, 90) * SECOND : weather.latency();
      scheduler.after(delay, `twilio: ${callback.what}`, () => deliver(callback, RETRIES));
    };
    if (callback.call.silent || random.chance(weather.callback.lost)) return counter.add('callbacks lost');
    send();
    if (!random.chance(weather.callback.doubled)) return;
    counter.add('callbacks doubled');
    send();
  };
}

/** The routes' own steps; a key is taken as src/http/twilio/voice-routes.ts takes it. */
async function receive({ call, toEvent, isChoice }: Callback, { deps }: Process): Promise<void> {
  const attempt = await attemptOf(call.attemptId, deps);
  const event = toEvent(deps.time.now());
  if (event.kind !== 'choice' || !isChoice) return fileCallback(event, attempt, deps);
  const isOurs = LIVE.includes(attempt.state)
    ? (attempt.call_sid ?? call.sid) === call.sid
    : attempt.state === 'finished' && attempt.call_sid === call.sid;
  if (!isOurs || (attempt.cancel_requested && event.data.digits !== '9')) return;
  await fileCallback(event, attempt, deps);
  call.noted.push(event.data.digits);
}
