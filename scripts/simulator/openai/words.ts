/** What the analyst knows of English and Spanish. */
export const positive = /\b(thanks?|thank you|great|perfect|lovely|wonderful|gracias|perfecto|genial|encantad[oa])\b/i;
export const negative =
  /\b(upset|angry|late|damaged|broken|terrible|complain|never again|molest[oa]|enfadad[oa]|tarde y roto|rot[oa]|queja)\b/i;
export const urgent = /\b(urgent(?:ly)?|emergency|medicine|urgente|emergencia|medicinas?)\b/i;
export const pressing = /\b(before noon|as soon as possible|today|damaged|upset|antes del mediodía|hoy|molest[oa])\b/i;

export const topics =
  /\b(parcel|package|neighbou?r|gate|door|code|bell|dog|garden|bins?|reception|apartment|unit|floor|lift|yard|dock|shop|baby|medicine|order|reference|paquete|vecin[oa]|puerta|código|timbre|perro|jardín|botes|recepción|apartamento|piso|patio|edificio|muelle|bebé|medicinas?|pedido|referencia)\b/gi;

/** Kinds of things that are named, in the order in which they are looked for. */
export const entityPatterns: readonly { type: string; pattern: RegExp; confidence: number }[] = [
  {
    type: 'time',
    pattern:
      /\b(after \w+ in the (?:morning|afternoon|evening)|before noon|at \d{1,2}(?::\d\d)? ?(?:am|pm)|después de las \w+(?: de la \w+)?|antes del mediodía)\b/giu,
    confidence: 0.9,
  },
  {
    type: 'location',
    pattern:
      /\b(third floor|second floor|reception desk|side door|green bins|garden|loading dock|yard|\d+ Main Street|tercer piso|recepción|botes verdes|jardín|patio)\b/giu,
    confidence: 0.85,
  },
  { type: 'person', pattern: /\b(my neighbour|mi vecin[oa]|Maria)\b/gu, confidence: 0.8 },
  { type: 'number', pattern: /\b\d{3,}\b/gu, confidence: 0.95 },
];
