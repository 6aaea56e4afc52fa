/** What to do about an error code. */
export type TwilioAction =
  /** Not processed: the same request is welcome later. */
  | 'retry'
  /** This phone cannot be reached this way. */
  | 'permanent-number'
  /** Not allowed to this phone, from this account: an operator should know. */
  | 'permanent-policy'
  /** Its owner has told Twilio never to be contacted by us. */
  | 'opted-out'
  /** Nothing will work until an operator has looked. */
  | 'configuration'
  /** Refused, and we do not know what it says of the phone: an operator must look. */
  | 'unlisted';

interface Entry {
  action: TwilioAction;
  message: string;
  /** For `retry`, if the answer names no time itself. */
  waitMs?: number;
  /** Also seen while a carrier is out: worth one more try, a day later. */
  again?: 'next-day';
}

const HOUR_MS = 60 * 60 * 1000;

/** Twilio's codes that we know what to do about. https://www.twilio.com/docs/api/errors */
export const TWILIO_ERRORS: Readonly<Record<number, Entry>> = {
  20429: { action: 'retry', message: 'too many requests' },
  22005: { action: 'retry', message: 'the call waited too long in the queue', waitMs: HOUR_MS },
  30003: { action: 'retry', message: 'the handset cannot be reached now' },

  21211: { action: 'permanent-number', message: 'invalid number' },
  21217: { action: 'permanent-number', message: 'not a valid number to call' },
  21214: { action: 'permanent-number', message: 'the number cannot be reached' },
  13224: { action: 'permanent-number', message: 'the number is not supported or does not exist', again: 'next-day' },
  21614: { action: 'permanent-number', message: 'not a mobile number' },
  21635: { action: 'permanent-number', message: 'a landline takes no messages' },
  30006: { action: 'permanent-number', message: 'a landline or an unreachable carrier' },

  21215: { action: 'permanent-policy', message: 'this country is not enabled for the account' },
  13227: { action: 'permanent-policy', message: 'this country is not enabled for the account' },
  32205: { action: 'permanent-policy', message: 'this country is not enabled for the account' },
  21216: { action: 'permanent-policy', message: 'calls to this number are blocked' },
  21610: { action: 'opted-out', message: 'the recipient has opted out' },

  20003: { action: 'configuration', message: 'the credentials are refused' },
  21201: { action: 'configuration', message: 'no number to call was given' },
  21205: { action: 'configuration', message: 'the address of the callbacks is refused' },
  21210: { action: 'configuration', message: 'the number to call from is not verified' },
  21212: { action: 'configuration', message: 'the number to call from is not valid' },
  21213: { action: 'configuration', message: 'no number to call from was given' },
};

const REFUSES_US: Entry = { action: 'configuration', message: 'the account or the address is refused' };
const UNLISTED: Entry = { action: 'unlisted', message: 'refused for a reason that is not in our table' };

/** What a 4xx answer means. A code that is not in the table stops this request only, unless the answer speaks of the account or the address themselves. */
export function twilioError(status: number, code: number | undefined): Entry {
  const listed = code === undefined ? undefined : TWILIO_ERRORS[code];
  if (listed) return listed;
  if (status === 429) return { action: 'retry', message: 'too many requests' };
  const general = code === undefined || Math.floor(code / 1000) === 20; // 20xxx: account, authentication, address
  return [401, 403, 404].includes(status) && general ? REFUSES_US : UNLISTED;
}

/** Whether a call that was refused with this code, as the ledger has it, may be tried once more on the next day. */
export const isWorthAnotherDay = (code: string | undefined): boolean => TWILIO_ERRORS[Number(code)]?.again === 'next-day';

/** What the ledger's code says of a call that Twilio took and could not make. What is not in the table, or may pass, says only that it failed. */
export function failureMeaning(code: string | undefined): 'undialable' | 'opted_out' | undefined {
  const action = TWILIO_ERRORS[Number(code)]?.action;
  if (action === 'opted-out') return 'opted_out';
  return action === 'permanent-number' || action === 'permanent-policy' ? 'undialable' : undefined;
}

/** Whether calls that fail with this code go on failing until an operator has looked. */
export const needsOperator = (code: string | undefined): boolean =>
  ['permanent-policy', 'configuration'].includes(TWILIO_ERRORS[Number(code)]?.action ?? '');

/** How long a call that failed with this code is not to be tried again, in the clock's milliseconds; 0 where the code does not say. */
export const waitAfter = (code: string | undefined): number => TWILIO_ERRORS[Number(code)]?.waitMs ?? 0;
