import { describe, expect, it } from 'vitest';
import { callTexts } from '#src/domain/greeting.ts';

const occasion = {
  customerName: 'Ana Ruiz',
  scheduledTime: new Date('2026-11-25T18:30:00Z'),
  timezone: 'America/New_York',
  language: 'en',
};

describe('a call', () => {
  it('says who calls, whom, and about what, by the customer’s clock', () => {
    expect(callTexts(occasion).greeting).toBe(
      'Hello Ana Ruiz. This is an automated call from DelAuto about your delivery on Wednesday, November 25, at 1:30 PM. If you leave a message, it will be recorded.',
    );
    expect(callTexts({ ...occasion, timezone: 'Asia/Kathmandu' }).greeting).toContain('Thursday, November 26, at 12:15 AM');
  });

  it('speaks Spanish to who wants it, English to everybody else', () => {
    expect(callTexts({ ...occasion, language: 'es' }).greeting).toBe(
      'Hola, Ana Ruiz. Esta es una llamada automática de DelAuto sobre su entrega del miércoles 25 de noviembre, a la 1:30 de la tarde. Si deja un mensaje, será grabado.',
    );
    expect(['es', 'es-MX', 'ES_es', 'en', 'de', 'est', ''].map((language) => callTexts({ ...occasion, language }).language)).toEqual([
      'es',
      'es',
      'es',
      'en',
      'en',
      'en',
      'en',
    ]);
  });

  it('names the company', () => {
    expect(callTexts({ ...occasion, companyName: 'Parcels & Sons' }).greeting).toContain('from Parcels & Sons about');
  });

  it('names no time where the zone is not known', () => {
    expect(callTexts({ ...occasion, timezone: 'Mars/Olympus' }).greeting).toContain('about your delivery. If');
  });
});

describe.each(['en', 'es'])('in %s a call', (language) => {
  const texts = callTexts({ ...occasion, language, customerName: 'Wolfeschlegelsteinhausenbergerdorff '.repeat(9) });

  it('offers all keys, the one that ends all calls too', () => {
    for (const key of ['1', '2', '3', '9']) expect(texts.menu).toContain(key);
  });

  it('announces the recording before the menu and before the beep', () => {
    for (const text of [texts.greeting, texts.thanks['2']]) expect(text).toMatch(/recorded|grabado/);
  });

  it('is said in under a minute, whatever is chosen', () => {
    const longest = Object.values(texts.thanks).toSorted((a, b) => b.length - a.length)[0] ?? '';
    const words = [texts.greeting, texts.menu, longest, texts.recorded].join(' ').split(/\s+/).length;
    expect(words / 2.5).toBeLessThan(60); // speakers say two and a half words a second
  });
});
