import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineQueue } from '#queues/define-queue.ts';
import { PAYLOAD_LIMIT_BYTES, readPayload, toData } from '#queues/payload.ts';

const traceId = 'b'.repeat(32);
const common = { name: 'thing', timeoutMs: 1000, retry: { attempts: 1, backoffMs: 10 } };

/** Three releases of one queue: a field was added, then one was renamed, then split. */
const first = defineQueue({ ...common, payload: z.object({ id: z.string(), traceId: z.string() }), key: ({ id }) => `thing-${id}` });
const wider = defineQueue({
  ...common,
  payload: z.object({ id: z.string(), pass: z.number().default(1), traceId: z.string() }),
  key: ({ id }) => `thing-${id}`,
});
const third = defineQueue({
  ...common,
  payload: z.object({ kind: z.string(), number: z.number(), traceId: z.string() }),
  version: 3,
  upgrade: {
    1: ({ id, ...rest }) => ({ ...rest, thingId: id }),
    2: ({ thingId, ...rest }) => {
      const [kind, number] = (thingId as string).split('-');
      return { ...rest, kind, number: Number(number) };
    },
  },
  key: ({ kind, number }) => `thing-${kind}-${number}`,
});
const payload = (value: object) => ({ kind: 'payload', payload: value });

describe('row 28: a payload', () => {
  it('without a version is of the first', () => {
    expect(readPayload(first, { id: 'a-1', traceId })).toEqual(payload({ id: 'a-1', traceId }));
    expect(readPayload(first, { id: 'a-1', traceId, v: 1 })).toEqual(payload({ id: 'a-1', traceId }));
  });

  it('from before a field was added gets its default', () => {
    expect(readPayload(wider, { id: 'a-1', traceId })).toEqual(payload({ id: 'a-1', pass: 1, traceId }));
  });

  it('from after a field was added loses it, and is read', () => {
    expect(readPayload(first, { id: 'a-1', pass: 2, traceId })).toEqual(payload({ id: 'a-1', traceId }));
  });

  it('of an earlier version is upgraded step by step', () => {
    expect(readPayload(third, { id: 'a-7', traceId })).toEqual(payload({ kind: 'a', number: 7, traceId }));
    expect(readPayload(third, { thingId: 'a-7', traceId, v: 2 })).toEqual(payload({ kind: 'a', number: 7, traceId }));
  });

  it('of a later version is not judged, whatever is in it', () => {
    expect(readPayload(first, { v: 2 })).toEqual({ kind: 'newer', version: 2 });
    expect(readPayload(third, { id: 1, v: 4 })).toEqual({ kind: 'newer', version: 4 });
  });

  it('carries its version, unless that is the first, and is read again as it was', () => {
    const written = { kind: 'a', number: 7, traceId };
    expect(toData(third, written)).toEqual({ ...written, v: 3 });
    expect(readPayload(third, toData(third, written))).toEqual(payload(written));
    expect(toData(first, { id: 'a-1', traceId })).toEqual({ id: 'a-1', traceId });
  });
});

describe('row 26: a payload is unfit', () => {
  it.each<[string, unknown, string]>([
    ['that does not fit the contract', { id: 7, traceId }, 'the payload does not fit the contract'],
    ['that is empty', {}, 'the payload does not fit the contract'],
    ['with a version that is none', { id: 'a-1', traceId, v: 'two' }, 'the payload has no version that could be'],
    ['with a version below the first', { id: 'a-1', traceId, v: 0 }, 'the payload has no version that could be'],
  ])('%s', (_, data, reason) => {
    expect(readPayload(first, data)).toEqual({ kind: 'unfit', reason });
  });

  it('that cannot be upgraded', () => {
    expect(readPayload(third, { id: 7, traceId })).toEqual({ kind: 'unfit', reason: "the payload's version 1 could not be upgraded" });
  });

  it.each<[string, unknown]>([
    ['that is no object', 'text'],
    ['that is nothing', null],
    ['of more bytes than any of ours', { id: 'x'.repeat(PAYLOAD_LIMIT_BYTES), traceId }],
    ['of more bytes, in a field that nobody reads', { id: 'a-1', traceId, more: 'ä'.repeat(PAYLOAD_LIMIT_BYTES / 2) }],
    ['of more bytes, whatever its version', { v: 2, more: 'x'.repeat(1_000_000) }],
  ])('and not worth keeping: %s', (_, data) => {
    expect(readPayload(first, data)).toMatchObject({ kind: 'unfit', discard: true });
  });
});
