import { describe, expect, it } from 'vitest';

import { ApplicationError, parseTwiml } from '#scripts/simulator/twilio/twiml.ts';

describe('TwiML', () => {
  it('is a list of verbs with attributes, text and children, in order', () => {
    const [gather, say] = parseTwiml(
      '<?xml version="1.0"?><Response><Gather numDigits="1"><Say language="es-MX">¡Hola &lt;Ana&gt; &amp; Jos&#233;!</Say></Gather><Say>Bye</Say></Response>',
    );
    expect(gather).toMatchObject({ name: 'Gather', attributes: { numDigits: '1' } });
    expect(gather?.children[0]).toMatchObject({ name: 'Say', attributes: { language: 'es-MX' }, text: '¡Hola <Ana> & José!' });
    expect(say).toMatchObject({ name: 'Say', text: 'Bye' });
  });

  it('may be empty', () => {
    expect(parseTwiml('<Response/>')).toEqual([]);
  });

  it.each([
    ['broken XML', '<Response><Say>Hi</Response>', 12100],
    ['a name that was not escaped', '<Response><Say>Tom & <Jerry</Say></Response>', 12100],
    ['another root', '<Reply><Say>Hi</Say></Reply>', 12200],
  ])('is refused: %s', (_what, xml, code) => {
    expect(() => parseTwiml(xml)).toThrow(ApplicationError);
    expect(() => parseTwiml(xml)).toThrow(expect.objectContaining({ code }));
  });
});
