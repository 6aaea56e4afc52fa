/**
 * Where a worker may be killed, in the order in which a delivery meets them. `dials`: by a worker that dials. `beforeResult`: between a
 * claim and its recorded result. `once`: at the first pass, since it is met only every 20 s, by one of all workers.
 */
export const POINTS = {
  'before-claim': { words: 'before the claim', dials: true },
  'in-claim': { words: 'in the claim: sent, not answered', dials: true },
  'after-claim': { words: 'claimed, the last check to come', dials: true, beforeResult: true },
  'before-dial': { words: 'checked, before the request', dials: true, beforeResult: true },
  'in-dial': { words: 'request written, answer not read', dials: true, beforeResult: true },
  'after-dial': { words: 'answer read, not stored', dials: true, beforeResult: true },
  'in-result': { words: 'the result sent to MongoDB, not answered', dials: true, beforeResult: true },
  'after-result': { words: 'the result is stored', dials: true },
  'in-reconcile': { words: 'in reconcile, before Twilio is asked', once: true },
  'before-event': { words: 'before a callback is applied to its attempt' },
  'after-event': { words: 'after it, the event still open' },
  'before-follow-up': { words: 'before a job of the next stage is added' },
  'after-follow-up': { words: 'after it was added' },
  'after-plan': { words: 'the retry is planned, the last attempt open' },
  'before-upload': { words: 'before the upload' },
  'in-upload': { words: 'in the upload: written, not answered' },
  'after-upload': { words: 'after the upload, no Recording yet' },
  'before-transcript': { words: 'transcribed, not stored' },
  'after-transcript': { words: 'the transcript is stored' },
  'before-analysis': { words: 'analysed, not stored' },
  'after-analysis': { words: 'the analysis is stored' },
  'before-push': { words: 'before the push' },
  'in-push': { words: 'in the push: written, not answered' },
  'after-push': { words: 'pushed, not written down' },
  'before-ack': { words: 'work done, BullMQ not told', dials: true },
} as const satisfies Record<string, { words: string; dials?: true; beforeResult?: true; once?: true }>;

export type Point = keyof typeof POINTS;

export const pointNames = Object.keys(POINTS) as Point[];

/** Between a claim and its recorded result: only Twilio knows what became of the dial. */
export const isBeforeResult = (point: Point): boolean => 'beforeResult' in POINTS[point];

export const isMetSeldom = (point: Point): boolean => 'once' in POINTS[point];

export const isMetByDialing = (point: Point): boolean => 'dials' in POINTS[point];
