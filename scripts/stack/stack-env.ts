import { randomBytes } from 'node:crypto';
import webPush from 'web-push';

export interface StackAddresses {
  mongodbUri: string;
  redisUrl: string;
  /** Where the web process will listen. */
  port: number;
  /** The stand-ins' settings, as the simulator gives them. */
  providers: Readonly<Record<string, string>>;
  /** The scaled clock that the stand-ins follow. */
  clock: { scale: number; anchorMs: number };
}

/** A whole set of settings for one installation on this machine: addresses as given, secrets made up afresh. */
export function stackEnv({ mongodbUri, redisUrl, port, providers, clock }: StackAddresses): Record<string, string> {
  const vapid = webPush.generateVAPIDKeys();
  return {
    APP_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    SESSION_SECRET: randomBytes(32).toString('hex'),
    MONGODB_URI: mongodbUri,
    REDIS_URL: redisUrl,
    ...providers,
    VAPID_PUBLIC_KEY: vapid.publicKey,
    VAPID_PRIVATE_KEY: vapid.privateKey,
    VAPID_SUBJECT: 'mailto:operator@example.com',
    CLOCK_SCALE: String(clock.scale),
    CLOCK_ANCHOR: String(clock.anchorMs),
    TWILIO_CPS: '50',
  };
}
