import type { ClockOptions } from './clock.ts';
import type { Weights } from './scenarios.ts';

/** All are optional. Ports left out are free ones; everything listens on 127.0.0.1 only. */
export interface SimulatorOptions extends ClockOptions {
  ports?: {
    twilio?: number | undefined;
    openai?: number | undefined;
    push?: number | undefined;
    s3?: number | undefined;
    control?: number | undefined;
  };
  accountSid?: string | undefined;
  authToken?: string | undefined;
  /** The account's own number. */
  fromNumber?: string | undefined;
  /** Whether other numbers are refused as not verified (21210); false by default. */
  onlyFromNumber?: boolean | undefined;
  /** Calls dialed in a simulated second; no limit by default. */
  twilioCps?: number | undefined;
  openaiApiKey?: string | undefined;
  bucket?: string | undefined;
  /** Where the push service's CA is written, for NODE_EXTRA_CA_CERTS; a temporary file by default. */
  caFile?: string | undefined;
  seed?: string | undefined;
  weights?: Weights | undefined;
  /** Whether a number's last two digits choose its scenario; true by default. */
  useNumberTable?: boolean | undefined;
  /** How many log entries are kept; 50,000 by default. */
  maxLogEntries?: number | undefined;
  /** How many calls and recordings are remembered; 10,000 each by default. */
  maxCalls?: number | undefined;
}

export const DEFAULTS = {
  accountSid: `AC${'51'.repeat(16)}`,
  authToken: 'simulator-auth-token',
  fromNumber: '+15005550006', // Twilio's own magic number: a valid caller that belongs to nobody
  openaiApiKey: 'sk-simulator',
  bucket: 'delauto-recordings',
  seed: '1',
  maxLogEntries: 50_000,
  maxCalls: 10_000,
} as const;
