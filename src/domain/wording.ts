import type { NotificationKind } from './vocabulary.ts';
import { reasonInWords } from './reason-words.ts';

export interface DriverNews {
  kind: NotificationKind;
  customerName: string;
  /** The delivery's. */
  address: string;
  /** Why the customer was not reached, or why the instructions could not be read. */
  reason?: string;
  /** What the customer asked for, in their words. */
  instructions?: string;
}

export interface DriverMessage {
  /** At most 80 characters. */
  title: string;
  /** At most 300 characters. */
  body: string;
}

const LONGEST_TITLE = 80;
const LONGEST_BODY = 300;
/** Leaves the rest of the body to what the customer said. */
const LONGEST_ADDRESS = 100;

const TITLE: Record<NotificationKind, string> = {
  confirmed: 'Confirmed',
  instructions: 'Instructions',
  reschedule: 'Another time wanted',
  opted_out: 'No more calls',
  not_reached: 'Not reached',
  cancelled: 'Cancelled',
};

/** What a driver reads on the phone. A push message is encrypted for the driver: it may name customer and address. Names and instructions are others' text: cut short, on one line. */
export function driverMessage(news: DriverNews): DriverMessage {
  const name = oneLine(news.customerName);
  const place = shortened(oneLine(news.address), LONGEST_ADDRESS);
  return {
    title: shortened(name === '' ? TITLE[news.kind] : `${TITLE[news.kind]}: ${name}`, LONGEST_TITLE),
    body: shortened(`${place}: ${whatToDo(news)}`, LONGEST_BODY),
  };
}

function whatToDo({ kind, reason, instructions = '' }: DriverNews): string {
  switch (kind) {
    case 'confirmed':
      return 'the customer expects you.';
    case 'instructions':
      return instructions.trim() === '' ? 'the customer left a message that could not be read. Please ask.' : oneLine(instructions);
    case 'reschedule':
      return 'the customer asks for another time. Please arrange one before you go.';
    case 'opted_out':
      return 'the customer wants no calls by us. The delivery stands.';
    case 'not_reached':
      return `${reasonInWords(reason)} The delivery stands, nothing was agreed.`;
    case 'cancelled':
      return 'the delivery is cancelled. Do not go there.';
  }
}

const oneLine = (text: string): string => text.replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();

/** Cut between whole characters. */
function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const cut = text.slice(0, longest - 1);
  return `${cut.replace(/[\uD800-\uDBFF]$/, '').trimEnd()}…`;
}
