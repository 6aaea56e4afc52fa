import { draw, pick } from './random.ts';

export type Spoken = 'en' | 'es';

/** {n} becomes a number of four digits, so that hardly two people say the same. */
const bank: Readonly<Record<Spoken, readonly string[]>> = {
  en: [
    'Please leave the parcel with my neighbour at number {n}, thank you.',
    'The gate code is {n}, then take the lift to the third floor.',
    'I will be home after five in the afternoon, please ring the bell {n}.',
    'Please put it behind the green bins next to door {n}, nobody is at home.',
    'There is a big dog in the garden, so please call me at extension {n} first.',
    'This is urgent, it is medicine, please bring it before noon to apartment {n}.',
    'Leave it at the reception desk and mention order {n}, they will sign for it.',
    'Please do not ring the bell, the baby is sleeping, the side door code is {n}.',
    'The last parcel came late and damaged, I am upset, the reference is {n}.',
    'You can park in the yard behind building {n} and use the loading dock.',
    'Please give it to Maria in the shop at {n} Main Street, thanks a lot.',
    'The door bell is broken, knock loudly at unit {n} on the second floor please.',
  ],
  es: [
    'Por favor deje el paquete con mi vecina en el número {n}, muchas gracias.',
    'El código de la puerta es {n} y luego suba al tercer piso.',
    'Estaré en casa después de las cinco de la tarde, toque el timbre {n}.',
    'Déjelo detrás de los botes verdes junto a la puerta {n}, no hay nadie en casa.',
    'Hay un perro grande en el jardín, llame primero a la extensión {n} por favor.',
    'Es urgente, son medicinas, tráigalo antes del mediodía al apartamento {n}.',
    'Déjelo en la recepción y mencione el pedido {n}, ellos firman por mí.',
    'No toque el timbre, el bebé está durmiendo, el código lateral es {n}.',
    'El último paquete llegó tarde y roto, estoy molesto, la referencia es {n}.',
    'Puede estacionar en el patio detrás del edificio {n} y usar el muelle.',
  ],
};

/** What the person at this number says in the n-th call. */
export const sentenceFor = (to: string, n: number, language: Spoken): string =>
  pick(bank[language], 'sentence', to, n).replace('{n}', String(1000 + Math.floor(draw('number', to, n) * 9000)));
