const FIRST = [
  'Ana',
  'Ben',
  'Chloe',
  'Diego',
  'Efua',
  'Farid',
  'Grace',
  'Hugo',
  'Ines',
  'Jonas',
  'Keiko',
  'Luis',
  'Mara',
  'Noah',
  'Olga',
  'Pablo',
  'Ruth',
  'Sami',
  'Tessa',
  'Yusuf',
];
const LAST = ['Lindqvist', 'Tanaka', 'Mbeki', 'Bianchi', 'Ortega', 'Novak', 'Okafor', 'Reyes', 'Schmidt', 'Walsh', 'Iyer'];
const STREETS = ['Oak Avenue', 'Harbour Street', 'Mill Lane', 'Calle Mayor', 'Station Road', 'Garden Court', 'Elm Road'];
/** 555-0100 to 555-0199 belong to nobody, in any of these. */
const AREAS = [202, 303, 404, 512, 602, 617, 702, 713, 808, 907];

const at = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

export const nameOf = (index: number): string => `${at(FIRST, index)} ${at(LAST, index)}`;
export const streetOf = (index: number): string => `${100 + index * 7} ${at(STREETS, index)}`;

/** A number that belongs to nobody: a thousand of them, then the exchange grows out of those set aside. */
export const phoneOf = (index: number): string => {
  const block = Math.floor(index / 1000);
  return `+1${at(AREAS, Math.floor(index / 100))}${555 + block}01${String(index % 100).padStart(2, '0')}`;
};
