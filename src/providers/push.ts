export interface PushMessage {
  title: string;
  body: string;
  /** For the driver's app; anything that JSON can say. */
  data: Record<string, unknown>;
}

export interface PushOptions {
  /** How long the push service keeps trying. */
  ttlSeconds: number;
  urgency: 'very-low' | 'low' | 'normal' | 'high';
  /** A message replaces the one with the same topic that has not been delivered yet. Any text. */
  topic: string;
  /** Awaited as the very last thing, when the connection stands: false, and nothing is sent. A process may have stood still since it decided to send. */
  mayStart?: () => Promise<boolean>;
}

export type Pushed =
  /** The push service took it; whether the driver saw it nobody knows. */
  | { kind: 'sent' }
  /** The subscription has ended: forget it, if it is still the one that is stored. */
  | { kind: 'gone' }
  /** Over what push services take, some 3.9 KB. */
  | { kind: 'too-large' }
  /** Not one of the push services that we speak to; nothing was sent. */
  | { kind: 'not-allowed' }
  /** Not a subscription; nothing was sent. */
  | { kind: 'invalid' };

export interface Push {
  /**
   * Sends one message to one browser's subscription, which is checked here. Throws the signal's reason when that is aborted, `Withheld` where
   * `mayStart` said no, and `RateLimited`, `ProviderDown`, `ProviderMisconfigured` (our VAPID keys) or `PermanentlyRefused`.
   */
  send(subscription: unknown, message: PushMessage, options: PushOptions, signal: AbortSignal): Promise<Pushed>;
}
