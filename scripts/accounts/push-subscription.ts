import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { environment } from '#src/config/settings.ts';
import { isAllowedEndpoint, PushSubscription } from '#src/providers/push-subscription.ts';

/** `--push-subscription FILE`: the JSON that a browser's `PushSubscription` turns into. */
export const pushSubscriptionOption = (): Option =>
  new Option('--push-subscription <file>', "the driver's PushSubscription, as JSON").argParser(toPushSubscription);

/** The file's subscription, without what a push does not need. Throws `InvalidArgumentError`, also where our workers would refuse to push to its host. */
function toPushSubscription(file: string): PushSubscription {
  const subscription = PushSubscription.safeParse(readJson(file));
  if (!subscription.success) {
    const fields = [...new Set(subscription.error.issues.map(({ path }) => path.join('.') || 'the whole'))];
    throw new InvalidArgumentError(`It must hold a PushSubscription as a browser gives it. Wrong: ${fields.join(', ')}.`);
  }
  const allowed = environment.shape.PUSH_ALLOWED_HOSTS.parse(process.env['PUSH_ALLOWED_HOSTS']);
  if (!isAllowedEndpoint(subscription.data.endpoint, allowed)) {
    throw new InvalidArgumentError('Its endpoint is at none of PUSH_ALLOWED_HOSTS.');
  }
  return subscription.data;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    // The parser's message would quote the file, which holds a secret.
    throw new InvalidArgumentError(error instanceof SyntaxError ? 'It is not JSON.' : 'It cannot be read.');
  }
}
