import { sign } from '#scripts/simulator/twilio/signature.ts';
import type { World } from '#test/support/stack.ts';

/** A request as Twilio makes it: form-encoded, signed over the public URL and all parameters. `to`: the web process that gets it, where there are several. Answers with status and body. */
export async function fromTwilio(
  { env, stack }: World,
  path: string,
  given: Readonly<Record<string, string>>,
  to: string = stack.publicUrl,
): Promise<{ status: number; text: string }> {
  const { TWILIO_ACCOUNT_SID = '', TWILIO_AUTH_TOKEN = '', TWILIO_FROM_NUMBER = '' } = env;
  const params = {
    AccountSid: TWILIO_ACCOUNT_SID,
    ApiVersion: '2010-04-01',
    CallSid: `CA${'0'.repeat(32)}`,
    Direction: 'outbound-api',
    From: TWILIO_FROM_NUMBER,
    To: '+12025550100',
    ...given,
  };
  const url = `${stack.publicUrl}${path}`;
  const response = await fetch(`${to}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': sign(TWILIO_AUTH_TOKEN, url, params) },
    body: new URLSearchParams(params).toString(),
  });
  return { status: response.status, text: await response.text() };
}
