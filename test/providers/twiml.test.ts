import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { expect, it } from 'vitest';
import { apology, menu, recordMessage, say } from '#src/providers/twiml.ts';

const parse = (xml: string) => {
  expect(XMLValidator.validate(xml)).toBe(true);
  return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', textNodeName: 'text', isArray: (name) => name === 'Say' }).parse(
    xml,
  ).Response;
};
const actionUrl = 'https://d.example/choice/1?a=1&b=2#rc=5&rp=all';

it('a menu speaks inside the gathering of one key, and asks on when none is pressed', () => {
  const { Gather } = parse(menu({ texts: ['Hello Ann.', 'Press 1.'], language: 'en', actionUrl }));
  expect(Gather).toMatchObject({ action: actionUrl, method: 'POST', numDigits: '1', input: 'dtmf', actionOnEmptyResult: 'true' });
  expect(Gather.Say.map(({ text }: { text: string }) => text)).toEqual(['Hello Ann.', 'Press 1.']);
});

it.each([
  ['en', 'en-US'],
  ['es', 'es-MX'],
  ['es-AR', 'es-MX'],
  ['de', 'en-US'],
  ['', 'en-US'],
])('%s is spoken as %s', (language, spoken) => {
  expect(parse(say({ texts: ['x'], language })).Say[0]).toMatchObject({ language: spoken });
});

it('a message is recorded for two minutes at most, and both ends of it are reported', () => {
  const recordingStatusUrl = 'https://d.example/recording/1';
  const { Say, Record } = parse(recordMessage({ texts: ['Speak.'], language: 'es', actionUrl, recordingStatusUrl }));
  expect(Say).toHaveLength(1);
  expect(Record).toMatchObject({
    action: actionUrl,
    maxLength: '120',
    playBeep: 'true',
    recordingStatusCallback: recordingStatusUrl,
    recordingStatusCallbackEvent: 'completed absent',
  });
});

it('what a customer is called stays text', () => {
  const hostile = `</Say><Dial>+1900</Dial> & "O'Neil" <Say>`;
  const response = parse(say({ texts: [hostile], language: 'en' }));
  expect(response.Dial).toBeUndefined();
  expect(response.Say).toHaveLength(1);
  expect(say({ texts: [hostile], language: 'en' })).toContain('&lt;/Say&gt;&lt;Dial&gt;');
});

it('what XML cannot contain is left out', () => {
  expect(parse(say({ texts: ['A\u0000\u0007nn \uD800 \uFFFE'], language: 'en' })).Say[0].text).toBe('A nn \uFFFD');
});

it('an apology is in both languages and hangs up', () => {
  const response = parse(apology());
  expect(response.Say.map(({ language }: { language: string }) => language)).toEqual(['en-US', 'es-MX']);
  expect(response).toHaveProperty('Hangup');
});
