import { expect, it } from 'vitest';
import { isAllowedEndpoint } from '#src/providers/push-subscription.ts';

const hosts = ['fcm.googleapis.com', '.push.apple.com', '*.notify.windows.com', 'localhost:8443', ''];

it.each([
  ['https://fcm.googleapis.com/fcm/send/x', true],
  ['https://FCM.googleapis.com:443/x', true],
  ['https://web.push.apple.com/x', true],
  ['https://a.b.notify.windows.com/x', true],
  ['https://localhost:8443/x', true],
  ['https://localhost/x', false],
  ['https://push.apple.com/x', false],
  ['https://evilpush.apple.com.example/x', false],
  ['https://evil-push.apple.com/x', false],
  ['https://fcm.googleapis.com.evil.example/x', false],
  ['https://evil.example/fcm.googleapis.com', false],
  ['https://fcm.googleapis.com@evil.example/x', false],
  ['https://user:pw@fcm.googleapis.com/x', false],
  ['http://fcm.googleapis.com/x', false],
  ['https://169.254.169.254/latest/meta-data', false],
  ['https://[::1]/x', false],
])('%s: %s', (endpoint, allowed) => {
  expect(isAllowedEndpoint(endpoint, hosts)).toBe(allowed);
});
