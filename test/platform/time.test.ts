import { expect, it } from 'vitest';
import { createTime, MINUTE, SECOND } from '#src/platform/time.ts';

const ANCHOR = Date.parse('2026-03-10T14:00:00Z');
function machine(startMs = ANCHOR) {
  const clock = { ms: startMs };
  return { clock, read: () => clock.ms };
}

it('is the machine’s, where nothing else is set', () => {
  const { clock, read } = machine();
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }, read);
  clock.ms += 1234;
  expect(time.now().getTime()).toBe(ANCHOR + 1234);
});

it('runs faster from its anchor on, and may be shifted', () => {
  const { clock, read } = machine();
  const time = createTime({ scale: 60, anchorMs: ANCHOR, offsetMs: 5 * MINUTE }, read);
  clock.ms += SECOND;
  expect(time.now().getTime()).toBe(ANCHOR + MINUTE + 5 * MINUTE);
});

it('a span of real time keeps its real length', () => {
  const { clock, read } = machine();
  const time = createTime({ scale: 60, anchorMs: ANCHOR, offsetMs: 0 }, read);
  const lease = new Date(time.now().getTime() + time.span(30 * SECOND));
  clock.ms += 29 * SECOND;
  expect(lease > time.now()).toBe(true);
  expect(time.until(lease)).toBe(SECOND);
  clock.ms += SECOND;
  expect(time.until(lease)).toBe(0);
});

it('the past is not waited for', () => {
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }, () => ANCHOR);
  expect(time.until(new Date(ANCHOR - MINUTE))).toBe(0);
});

it('follows the database’s clock, read in the middle of asking, and a later correction replaces the first', async () => {
  const { clock, read } = machine();
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }, read);
  const ask = (theirs: number) => async () => {
    clock.ms += 100;
    const answer = new Date(clock.ms + theirs);
    clock.ms += 100;
    return answer;
  };
  await time.correctBy(ask(10 * MINUTE));
  expect(time.now().getTime()).toBe(clock.ms + 10 * MINUTE);
  await time.correctBy(ask(-MINUTE));
  expect(time.now().getTime()).toBe(clock.ms - MINUTE);
});

it('stays as it was when the other clock does not answer', async () => {
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }, () => ANCHOR);
  await expect(time.correctBy(async () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(time.now().getTime()).toBe(ANCHOR);
});

it('asks the other clock again whenever told to; where there is none, it is right as it is', async () => {
  const { clock, read } = machine();
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }, read);
  expect(await time.correct()).toBe(true);
  let theirs = ANCHOR;
  await time.correctBy(async () => new Date(theirs));
  clock.ms += 10 * MINUTE; // set by somebody, or kept up while the machine slept
  theirs += SECOND;
  expect(await time.correct()).toBe(true);
  expect(time.now().getTime()).toBe(ANCHOR + SECOND);
});

it.each([
  ['the process stood still meanwhile', 10 * MINUTE],
  ['its machine’s clock was set back meanwhile', -10 * MINUTE],
])('does not go by an answer when %s, but asks again', async (_, ms) => {
  const { clock, read } = machine();
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }, read);
  const lost = [ms, 0];
  await time.correctBy(async () => {
    clock.ms += lost.shift() ?? 0;
    return new Date(ANCHOR);
  });
  expect(lost).toEqual([]);
  expect(time.now().getTime()).toBe(ANCHOR);
});

it('gives up on a clock that always answers late, and stays as it was', async () => {
  const { clock, read } = machine();
  const time = createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }, read);
  const late = async () => {
    clock.ms += MINUTE;
    return new Date(ANCHOR);
  };
  expect(await time.correctBy(late)).toBe(false);
  expect(time.now().getTime()).toBe(clock.ms);
});
