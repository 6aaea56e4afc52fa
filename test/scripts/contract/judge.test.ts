import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '#scripts/contract/judge.ts';
import { readSpec, type Spec } from '#scripts/contract/spec.ts';
import type { Exchange } from '#scripts/contract/tap.ts';

const description = {
  openapi: '3.0.1',
  paths: {
    '/Calls/{Sid}.json': {
      post: {
        parameters: [{ name: 'PageSize', in: 'query', schema: { type: 'integer' } }],
        requestBody: {
          content: {
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                required: ['To'],
                properties: { To: { type: 'string' }, Events: { type: 'array', items: { type: 'string' } }, Timeout: { type: 'integer' } },
              },
            },
          },
        },
        responses: { '200': { content: { 'application/json': { schema: { $ref: '#/components/schemas/call' } } } } },
      },
    },
  },
  components: {
    schemas: {
      call: {
        type: 'object',
        required: ['sid'],
        properties: { sid: { type: 'string', pattern: '^CA' }, price: { type: 'string', nullable: true } },
      },
    },
  },
};

let folder: string;
let spec: Spec;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'delauto-contract-'));
  const file = join(folder, 'spec.json');
  await writeFile(file, JSON.stringify(description));
  spec = await readSpec(file);
});
afterAll(() => rm(folder, { recursive: true }));

const exchange = (changes: { target?: string; form?: string; answer?: unknown; status?: number }): Exchange => ({
  method: 'POST',
  target: changes.target ?? '/Calls/CA1.json',
  requestHeaders: { 'content-type': 'application/x-www-form-urlencoded' },
  requestBody: Buffer.from(changes.form ?? 'To=%2B12025550100&Events=a&Events=b&Timeout=30'),
  status: changes.status ?? 200,
  responseHeaders: { 'content-type': 'application/json' },
  responseBody: Buffer.from(JSON.stringify(changes.answer ?? { sid: 'CA1', price: null })),
});

describe('an exchange is held to the description', () => {
  it('fits when every field is described', async () => {
    expect(await judge(exchange({}), spec)).toEqual({ operation: 'POST /Calls/{Sid}.json', status: 200, faults: [] });
  });

  it.each([
    ['a parameter that is not described', { form: 'To=1&Colour=red' }, 'request: Colour is no parameter'],
    ['a missing one', { form: 'Timeout=30' }, "request: body must have required property 'To'"],
    ['one of another type', { form: 'To=1&Timeout=soon' }, 'request: /Timeout must be integer'],
    ['a query that is not described', { target: '/Calls/CA1.json?Page=1' }, 'request: Page is no query parameter'],
    ['an answer of another shape', { answer: { sid: 'XX' } }, 'answer: /sid must match pattern "^CA"'],
    ['a success that is not described', { status: 204 }, 'answer: 204 is not described'],
    ['another address', { target: '/Phones/1.json' }, 'the provider describes no such operation'],
  ])('finds %s', async (_name, changes, fault) => {
    expect((await judge(exchange(changes), spec)).faults).toEqual([fault]);
  });
});
