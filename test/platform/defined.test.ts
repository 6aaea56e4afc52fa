import { expect, it } from 'vitest';
import { defined } from '#src/platform/defined.ts';

it('leaves out what is undefined, at every level, and nothing else', () => {
  const at = new Date(0);
  expect(
    Object.entries(
      defined({ a: undefined, b: null, c: '', d: 0, e: false, at, list: [1], inner: { x: undefined, y: 1, deep: { z: undefined } } }),
    ),
  ).toEqual([
    ['b', null],
    ['c', ''],
    ['d', 0],
    ['e', false],
    ['at', at],
    ['list', [1]],
    ['inner', { y: 1, deep: {} }],
  ]);
});

it('does not change what it is given', () => {
  const given = { a: undefined, inner: { b: undefined } };
  defined(given);
  expect(Object.keys(given)).toEqual(['a', 'inner']);
  expect(Object.keys(given.inner)).toEqual(['b']);
});
