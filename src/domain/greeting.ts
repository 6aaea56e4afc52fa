import { DateTime, IANAZone } from 'luxon';
import type { Choice } from './call-events/projection.ts';
import { english, spanish, type Phrases } from './phrases.ts';

export interface CallOccasion {
  customerName: string;
  /** Who calls. Default: DelAuto. */
  companyName?: string;
  scheduledTime: Date;
  /** IANA name of the customer's zone. Where it is not known, no time of day is named. */
  timezone: string;
  /** The customer's, such as `en`, `es` or `es-MX`. Anything but Spanish is English. */
  language: string;
}

/** What is said in a call, as plain text: whoever makes XML of it escapes it. */
export interface CallTexts {
  /** Of the texts, for the voice. */
  language: 'en' | 'es';
  /** Who calls, about what, and that a message will be recorded. */
  greeting: string;
  menu: string;
  /** The answer to each key. To 2 it asks for the message; a beep should follow. */
  thanks: Record<Choice, string>;
  /** After the message. */
  recorded: string;
  /** No key, or none of the menu's. */
  noInput: string;
  /** The delivery was cancelled while we called. */
  notNeeded: string;
}

const DEFAULT_COMPANY = 'DelAuto';
/** So that the whole stays well under a minute, whatever is stored as a name. */
const LONGEST_NAME = 60;

const phrasesFor = (language: string): Phrases => (/^es(\b|_)/i.test(language.trim()) ? spanish : english);

/** Everything that one call may say, in the customer's language and by the customer's clock. */
export function callTexts({ customerName, companyName = DEFAULT_COMPANY, scheduledTime, timezone, language }: CallOccasion): CallTexts {
  const phrases = phrasesFor(language);
  const time = DateTime.fromJSDate(scheduledTime, { zone: IANAZone.create(timezone) }).setLocale(phrases.language);
  const when = time.isValid ? phrases.when(time) : null;
  return {
    language: phrases.language,
    greeting: phrases.greeting(spoken(customerName), spoken(companyName), when),
    menu: phrases.menu,
    thanks: phrases.thanks,
    recorded: phrases.recorded,
    noInput: phrases.noInput,
    notNeeded: phrases.notNeeded,
  };
}

const spoken = (name: string): string =>
  name
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_NAME);
