import type { FaultInput, Faults } from './faults.ts';
import type { Log } from './log.ts';
import type { Steps } from './people.ts';
import type { PushAnswer, PushSubscription } from './push/subscriptions.ts';
import type { CallSummary } from './twilio/call-summary.ts';

/** A running simulator. */
export interface Simulator {
  urls: {
    /** As TWILIO_API_URL wants it. */
    twilio: string;
    /** As OPENAI_BASE_URL wants it, ending in /v1. */
    openai: string;
    /** https; endpoints of subscriptions begin with it. */
    push: string;
    s3: string;
    /** Ends in /_control. */
    control: string;
  };
  /** PEM file of the CA that signed the push service's certificate. */
  caFile: string;
  /** Settings that make the product speak with this simulator, by their public names, with NODE_EXTRA_CA_CERTS; no VAPID keys. */
  env: Readonly<Record<string, string>>;
  clock: { scale: number; anchorMs: number; instant: boolean };
  log: Log;
  /** All remembered calls in short, oldest first. */
  calls: () => CallSummary[];
  /** What the next calls to a number meet; its sequence starts again. */
  setNumber: (to: string, steps: Steps) => void;
  numbers: () => Record<string, Steps>;
  faults: Faults;
  addFault: (fault: FaultInput) => string;
  createSubscription: (options?: { label?: string | undefined; answer?: PushAnswer | undefined }) => PushSubscription & { id: string };
  /** Changes how a subscription answers; false where there is none of this id. */
  setSubscription: (id: string, answer: PushAnswer) => boolean;
  /** Resolves when no call lasts, no recording is processed and no callback is on its way. */
  idle: () => Promise<void>;
  /** Forgets everything: calls (those going on are ended), recordings, objects, numbers, faults, subscriptions, log. */
  reset: () => Promise<void>;
  /** Ends all that goes on and closes all servers; nothing is left behind. */
  stop: () => Promise<void>;
}
