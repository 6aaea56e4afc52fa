import twilio from 'twilio';

interface Spoken {
  /** Sentences, spoken one after the other. Plain text: it is escaped here. */
  texts: readonly string[];
  /** ISO 639-1; what we have no voice for is spoken in English. */
  language: string;
}

export type Menu = Spoken & {
  /** Gets the key as `Digits`; an empty one when none was pressed. */
  actionUrl: string;
};

export type RecordMessage = Spoken & {
  /** Asked for what comes next when the message is over. */
  actionUrl: string;
  /** Told when the recording can be fetched, or that there is none. */
  recordingStatusUrl: string;
  /** 120 s unless given. */
  maxSeconds?: number;
};

interface Voice {
  language: 'en-US' | 'es-MX';
  voice: 'Polly.Joanna-Neural' | 'Polly.Mia-Neural';
}

const ENGLISH: Voice = { language: 'en-US', voice: 'Polly.Joanna-Neural' };
const SPANISH: Voice = { language: 'es-MX', voice: 'Polly.Mia-Neural' };
const VOICES: ReadonlyMap<string, Voice> = new Map([
  ['en', ENGLISH],
  ['es', SPANISH],
]);

const KEY_WAIT_SECONDS = 8;
const LONGEST_MESSAGE_SECONDS = 120;
const SILENCE_SECONDS = 6;
const HOLD_SECONDS = 4;

/** Says the texts and waits for one key, which may be pressed while they are spoken. */
export function menu({ texts, language, actionUrl }: Menu): string {
  const response = new twilio.twiml.VoiceResponse();
  const gather = response.gather({
    input: ['dtmf'],
    numDigits: 1,
    timeout: KEY_WAIT_SECONDS,
    action: actionUrl,
    method: 'POST',
    actionOnEmptyResult: true,
  });
  for (const text of texts) gather.say(voiceFor(language), speakable(text));
  return response.toString();
}

/** Says the texts, beeps, and records until `#`, a silence of 6 s, or the longest time. */
export function recordMessage({
  texts,
  language,
  actionUrl,
  recordingStatusUrl,
  maxSeconds = LONGEST_MESSAGE_SECONDS,
}: RecordMessage): string {
  const response = new twilio.twiml.VoiceResponse();
  for (const text of texts) response.say(voiceFor(language), speakable(text));
  response.record({
    action: actionUrl,
    method: 'POST',
    maxLength: maxSeconds,
    timeout: SILENCE_SECONDS,
    finishOnKey: '#',
    playBeep: true,
    trim: 'trim-silence',
    recordingStatusCallback: recordingStatusUrl,
    recordingStatusCallbackMethod: 'POST',
    recordingStatusCallbackEvent: ['completed', 'absent'],
  });
  return response.toString();
}

/** Says the texts and hangs up. */
export function say({ texts, language }: Spoken): string {
  const response = new twilio.twiml.VoiceResponse();
  for (const text of texts) response.say(voiceFor(language), speakable(text));
  response.hangup();
  return response.toString();
}

/** For when we cannot answer yet: asks for a moment, in both languages, and then this address for what comes next. */
export function holdOn(url: string): string {
  const response = new twilio.twiml.VoiceResponse();
  response.say(ENGLISH, 'One moment, please.');
  response.say(SPANISH, 'Un momento, por favor.');
  response.pause({ length: HOLD_SECONDS });
  response.redirect({ method: 'POST' }, url);
  return response.toString();
}

/** For when we cannot even look up who was called: in both languages, then hangs up. */
export function apology(): string {
  const response = new twilio.twiml.VoiceResponse();
  response.say(ENGLISH, 'We are sorry, something went wrong on our side. Goodbye.');
  response.say(SPANISH, 'Lo sentimos, algo ha fallado de nuestra parte. Adiós.');
  response.hangup();
  return response.toString();
}

const voiceFor = (language: string): Voice => VOICES.get(language.slice(0, 2).toLowerCase()) ?? ENGLISH;

/** Escaping leaves characters alone that no XML may contain. */
const speakable = (text: string) =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\uFFFE\uFFFF]+/gu, ' ')
    .trim();
