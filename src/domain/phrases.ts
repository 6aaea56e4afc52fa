import type { DateTime } from 'luxon';
import type { Choice } from './call-events/projection.ts';

/**
 * The call's sentences in one language. The package-delivery exemption (80 FR 15688) sets their limits: who calls, no marketing, under
 * a minute, and in each call a way to have no more of them.
 */
export interface Phrases {
  language: 'en' | 'es';
  when(time: DateTime): string;
  greeting(name: string, company: string, when: string | null): string;
  menu: string;
  thanks: Record<Choice, string>;
  recorded: string;
  noInput: string;
  /** The call has lost its object while it was made. */
  notNeeded: string;
}

export const english: Phrases = {
  language: 'en',
  when: (time) => time.toFormat("cccc, LLLL d, 'at' h:mm a"),
  greeting: (name, company, when) =>
    `Hello ${name}. This is an automated call from ${company} about your delivery${when === null ? '' : ` on ${when}`}. If you leave a message, it will be recorded.`,
  menu: 'To confirm, press 1. To leave instructions for the driver, press 2. To ask for another time, press 3. To receive no more calls from us, press 9.',
  thanks: {
    '1': 'Thank you. Your delivery is confirmed. Goodbye.',
    '2': 'Please say your instructions after the beep. Your message will be recorded. Press the pound key when you have finished.',
    '3': 'Thank you. We will arrange another time with you. Goodbye.',
    '9': 'We will not call you again. Goodbye.',
  },
  recorded: 'Thank you. We will pass your message on to the driver. Goodbye.',
  noInput: 'We did not receive your choice. Goodbye.',
  notNeeded: 'This call is no longer needed. Goodbye.',
};

export const spanish: Phrases = {
  language: 'es',
  when: (time) => time.toFormat(`cccc d 'de' LLLL, 'a la${time.hour % 12 === 1 ? '' : 's'}' h:mm '${partOfDay(time.hour)}'`),
  greeting: (name, company, when) =>
    `Hola, ${name}. Esta es una llamada automática de ${company} sobre su entrega${when === null ? '' : ` del ${when}`}. Si deja un mensaje, será grabado.`,
  menu: 'Para confirmar, oprima 1. Para dejar instrucciones al conductor, oprima 2. Para pedir otro horario, oprima 3. Para no recibir más llamadas nuestras, oprima 9.',
  thanks: {
    '1': 'Gracias. Su entrega está confirmada. Adiós.',
    '2': 'Diga sus instrucciones después del tono. Su mensaje será grabado. Oprima la tecla numeral cuando termine.',
    '3': 'Gracias. Acordaremos otro horario con usted. Adiós.',
    '9': 'No volveremos a llamarle. Adiós.',
  },
  recorded: 'Gracias. Entregaremos su mensaje al conductor. Adiós.',
  noInput: 'No recibimos su respuesta. Adiós.',
  notNeeded: 'Esta llamada ya no es necesaria. Adiós.',
};

/** Not "p. m.", which voices spell out. */
const partOfDay = (hour: number): string => (hour < 12 ? 'de la mañana' : hour < 19 ? 'de la tarde' : 'de la noche');
