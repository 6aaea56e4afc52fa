import { z } from 'zod';

const sid = (prefix: string) => z.string().regex(new RegExp(`^${prefix}[0-9a-f]{32}$`, 'i'));
/** Digits only: Number() would also take hexadecimal and exponents. */
const count = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number);
/** Seconds or milliseconds; Twilio says -1 where it does not know. */
const duration = z
  .string()
  .regex(/^(-1|\d{1,6}(\.\d{1,6})?)$/)
  .transform(Number);
/** RFC 2822, such as `Tue, 24 Nov 2026 10:53:54 +0000`. */
const timestamp = z
  .string()
  .max(64)
  .transform((text, context) => {
    const at = new Date(text);
    if (!Number.isNaN(at.getTime())) return at;
    context.addIssue({ code: 'custom', message: 'is no time' });
    return z.NEVER;
  });
const words = z.string().transform((text) => text.slice(0, 200));

const anyCallback = z.object({ AccountSid: sid('AC'), CallSid: sid('CA') });

/** What each address of ours is told, by Twilio's names. Parameters that we do not know may appear at any time and are dropped; a known one that is malformed is refused: the signature does not tell where a name ends and its value begins. */
export const callbacks = {
  status: anyCallback.extend({
    CallStatus: z.enum(['queued', 'initiated', 'ringing', 'in-progress', 'completed', 'busy', 'no-answer', 'failed', 'canceled']),
    SequenceNumber: count,
    Timestamp: timestamp.optional(),
    CallDuration: duration.optional(),
    SipResponseCode: z
      .string()
      .regex(/^\d{3}$/)
      .optional(),
    ErrorCode: z
      .string()
      .regex(/^\d{1,6}$/)
      .optional(),
    ErrorMessage: words.optional(),
  }),
  amd: anyCallback.extend({ AnsweredBy: z.string().regex(/^[a-z_]{1,40}$/), MachineDetectionDuration: duration.optional() }),
  recording: anyCallback.extend({
    RecordingSid: sid('RE'),
    RecordingStatus: z.enum(['in-progress', 'completed', 'absent', 'failed']),
    RecordingDuration: duration.optional(),
    RecordingChannels: count.optional(),
    ErrorCode: z
      .string()
      .regex(/^\d{1,6}$/)
      .optional(),
  }),
  voice: anyCallback,
  choice: anyCallback.extend({
    Digits: z
      .string()
      .regex(/^[0-9*#]{0,20}$/)
      .default(''),
  }),
  recorded: anyCallback,
} as const;

export type CallbackName = keyof typeof callbacks;
export type Callback<Name extends CallbackName> = z.infer<(typeof callbacks)[Name]>;
