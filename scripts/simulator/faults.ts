import { z } from 'zod';

import type { Log } from './log.ts';

const Http = ['429', '500', 'hang-before', 'hang-after', 'reset-before', 'reset-after', 'slow'] as const;

/** For `slow` and `delay`: real milliseconds. */
const shared = {
  /** How many matching requests it strikes; 1 by default, 0 is until cleared. */
  times: z.int().min(0).default(1),
  delayMs: z.int().min(0).default(1000),
};
const Where = z.strictObject({
  method: z.string().optional(),
  /** A regular expression over the path without its query. */
  path: z.string().optional(),
  /** The called number, where the request names one. */
  to: z.string().optional(),
});

/** `hang-before` and `reset-before` strike before the request is processed, `-after` once it took effect but before it is answered. */
export const Fault = z.discriminatedUnion('target', [
  z.strictObject({ target: z.literal('twilio'), kind: z.enum(Http), retryAfter: z.int().default(1), match: Where.default({}), ...shared }),
  z.strictObject({
    target: z.literal('media'),
    kind: z.enum(['404', 'empty', 'truncated', 'html', 'wrong-type', ...Http]),
    retryAfter: z.int().default(1),
    match: Where.default({}),
    ...shared,
  }),
  z.strictObject({
    target: z.literal('openai'),
    kind: z.enum(['insufficient-quota', 'invalid-json', 'refusal', 'length', 'empty-transcript', ...Http]),
    retryAfter: z.int().default(1),
    match: Where.default({}),
    ...shared,
  }),
  z.strictObject({
    target: z.literal('push'),
    kind: z.enum(['401', '403', '404', '410', '413', ...Http]),
    retryAfter: z.int().default(1),
    match: Where.default({}),
    ...shared,
  }),
  z.strictObject({
    target: z.literal('callback'),
    kind: z.enum(['drop', 'duplicate', 'delay', 'reorder']),
    /** Of `duplicate`: how many in all. */
    copies: z.int().min(2).max(100).default(2),
    match: z
      .strictObject({
        /** initiated, ringing, answered, completed, amd, recording, voice, gather or record; several with commas. */
        event: z.string().optional(),
        to: z.string().optional(),
        callSid: z.string().optional(),
      })
      .default({}),
    ...shared,
  }),
]);
export type Fault = z.output<typeof Fault>;
export type FaultInput = z.input<typeof Fault>;
export type FaultOf<Target extends Fault['target']> = Extract<Fault, { target: Target }>;

/** What is known about a request when faults are looked up. */
export interface Facts {
  method?: string | undefined;
  path?: string | undefined;
  to?: string | undefined;
  event?: string | undefined;
  callSid?: string | undefined;
}

export interface Faults {
  /** Throws a ZodError on a malformed fault. Returns its id. */
  add: (fault: FaultInput) => string;
  /** The first fault that strikes this request, counted and logged; undefined when all is well. `kinds` narrows which may strike at this place. */
  take: <Target extends Fault['target']>(target: Target, facts: Facts, kinds?: readonly string[]) => FaultOf<Target> | undefined;
  pending: () => (Fault & { id: string })[];
  remove: (id: string) => boolean;
  clear: () => void;
}

const hits = ({ match }: Fault, facts: Facts): boolean =>
  (match.to === undefined || match.to === facts.to) &&
  (!('method' in match) || match.method === undefined || match.method.toUpperCase() === facts.method) &&
  (!('path' in match) || match.path === undefined || new RegExp(match.path).test(facts.path ?? '')) &&
  (!('event' in match) || match.event === undefined || match.event.split(',').includes(facts.event ?? '')) &&
  (!('callSid' in match) || match.callSid === undefined || match.callSid === facts.callSid);

/** Scripted faults wait here, in the order in which they were given. */
export const createFaults = (log: Log): Faults => {
  const waiting = new Map<string, { fault: Fault; left: number }>();
  let last = 0;
  return {
    add: (input) => {
      const fault = Fault.parse(input);
      if ('path' in fault.match && fault.match.path !== undefined) new RegExp(fault.match.path); // a bad pattern throws here, not in a request
      last += 1;
      const id = `fault-${last}`;
      waiting.set(id, { fault, left: fault.times === 0 ? Infinity : fault.times });
      return id;
    },
    take: <Target extends Fault['target']>(target: Target, facts: Facts, kinds?: readonly string[]) => {
      const isOf = (fault: Fault): fault is FaultOf<Target> => fault.target === target;
      for (const [id, entry] of waiting) {
        const { fault } = entry;
        if (!isOf(fault) || !hits(fault, facts) || (kinds && !kinds.includes(fault.kind))) continue;
        entry.left -= 1;
        if (entry.left <= 0) waiting.delete(id);
        log.add('fault', { id, target, fault: fault.kind, ...facts });
        return fault;
      }
      return undefined;
    },
    pending: () => [...waiting].map(([id, { fault, left }]) => ({ ...fault, id, times: Number.isFinite(left) ? left : 0 })),
    remove: (id) => waiting.delete(id),
    clear: () => {
      waiting.clear();
    },
  };
};
