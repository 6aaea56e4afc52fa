/** Every setting that has no default, and only those: a complete environment that reaches nothing. */
export const completeEnvironment: Readonly<Record<string, string>> = {
  PUBLIC_URL: 'https://delauto.example',
  SESSION_SECRET: 'a secret of thirty-two characters',
  MONGODB_URI: 'mongodb://127.0.0.1:1/delauto',
  REDIS_URL: 'redis://127.0.0.1:1',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  TWILIO_FROM_NUMBER: '+12025550100',
  OPENAI_API_KEY: 'key',
  S3_ENDPOINT: 'http://127.0.0.1:1',
  S3_BUCKET: 'recordings',
  S3_ACCESS_KEY_ID: 'id',
  S3_SECRET_ACCESS_KEY: 'secret',
  VAPID_PUBLIC_KEY: 'public',
  VAPID_PRIVATE_KEY: 'private',
  VAPID_SUBJECT: 'mailto:ops@example.com',
};
