import { beforeEach, describe, expect, it } from 'vitest';
import { deterministicId } from '#src/db/deterministic-id.ts';
import { newAttempt, type NewAttempt } from '#src/db/documents/attempt.ts';
import { newRecording } from '#src/db/documents/recording.ts';
import { MINUTE, SECOND } from '#src/platform/time.ts';
import { memorySide, realSide, type Side } from './both.ts';

const PHONE = '+12025550100';
const idOf = (n: number) => deterministicId('attempt', n);

/** What every other rule builds on, told one by one; that both sides agree in everything else, same.test.ts says. */
describe.each([
  ['MongoDB', realSide],
  ['memory', memorySide],
])('%s', (_name, open) => {
  let side: Side;
  let attempts: Side['repositories']['attempts'];
  beforeEach(async () => {
    side = await open();
    await side.clear();
    ({ attempts } = side.repositories);
  });

  const plan = (n: number, over: Partial<NewAttempt> = {}) =>
    attempts.insert(
      newAttempt(
        {
          _id: idOf(n),
          delivery_id: deterministicId('delivery', n),
          customer_id: deterministicId('customer'),
          number: 1,
          to_number: PHONE,
          due_at: side.time.now(),
          trace_id: 't',
          ...over,
        },
        side.time.now(),
      ),
    );
  const claim = async (n: number) => (await attempts.claim({ _id: idOf(n), epoch: 0 })).kind;
  const now = async (n: number) => attempts.find(idOf(n).toHexString());

  it('plans an attempt once, by its id and by its number', async () => {
    expect(await plan(1)).toBe('inserted');
    expect(await plan(1)).toBe('duplicate');
    expect(await plan(2, { delivery_id: deterministicId('delivery', 1) })).toBe('duplicate');
  });

  it('gives an attempt to one claim, and to none at another epoch', async () => {
    await plan(1);
    expect((await attempts.claim({ _id: idOf(1), epoch: 1 })).kind).toBe('taken');
    expect(await claim(1)).toBe('claimed');
    expect(await claim(1)).toBe('taken');
    expect(await now(1)).toMatchObject({ state: 'submitting', epoch: 1 });
  });

  it('has one live contact per phone, until that is over', async () => {
    await plan(1);
    await plan(2);
    await claim(1);
    expect(await claim(2)).toBe('phone-busy');
    expect(await attempts.obstacle({ to_number: PHONE })).toEqual({ kind: 'phone-busy' });
    await attempts.rejected(idOf(1), 1, 'undialable', '21211');
    expect(await attempts.obstacle({ to_number: PHONE })).toBeNull();
    expect(await claim(2)).toBe('claimed');
  });

  it('lets no two attempts have one call', async () => {
    await plan(1);
    await plan(2, { to_number: '+12025550101' });
    await claim(1);
    await claim(2);
    expect(await attempts.submitted(idOf(1), 1, 'CA1')).toBe(true);
    await expect(attempts.submitted(idOf(2), 1, 'CA1')).rejects.toMatchObject({ code: 11_000 });
  });

  it('fences what comes of an older claim', async () => {
    await plan(1);
    await claim(1);
    await attempts.unclaim(idOf(1), 1);
    await attempts.claim({ _id: idOf(1), epoch: 1 });
    for (const write of [
      attempts.unclaim(idOf(1), 1),
      attempts.submitted(idOf(1), 1, 'CA1'),
      attempts.unknown(idOf(1), 1),
      attempts.rejected(idOf(1), 1, 'undialable', '1'),
    ])
      expect(await write).toBe(false);
    expect(await attempts.submitted(idOf(1), 2, 'CA1')).toBe(true);
  });

  it('draws a call from ever more events, and never from fewer', async () => {
    await plan(1);
    await claim(1);
    const view = (eventCount: number, state: 'in_progress' | 'finished') =>
      attempts.apply(idOf(1), { callSid: 'CA1', eventCount, set: { state } });
    expect(await view(2, 'finished')).toBe(true);
    expect(await view(1, 'in_progress')).toBe(false);
    expect(await attempts.apply(idOf(1), { callSid: 'CA2', eventCount: 9, set: { state: 'finished' } })).toBe(false);
    expect(await now(1)).toMatchObject({ state: 'finished', call_sid: 'CA1', event_count: 2 });
  });

  it('a follow-up that is done stays so, whoever has read the attempt before', async () => {
    await plan(1);
    await claim(1);
    const busy = (eventCount: number) =>
      attempts.apply(idOf(1), { callSid: 'CA1', eventCount, set: { state: 'finished', outcome: 'busy', follow_up: 'due' } });
    expect(await busy(1)).toBe(true);
    expect(await now(1)).toMatchObject({ follow_up: 'due' });
    await attempts.followedUp(idOf(1));
    expect(await busy(2)).toBe(true);
    expect(await now(1)).toMatchObject({ follow_up: 'done', event_count: 2 });
  });

  it('a recording that is stored or given up stays so, whoever has read the attempt before', async () => {
    await plan(1);
    await claim(1);
    const told = (eventCount: number) =>
      attempts.apply(idOf(1), {
        callSid: 'CA1',
        eventCount,
        set: { state: 'finished', outcome: 'busy', follow_up: 'due', recording: { state: 'pending', sid: 'RE1' } },
      });
    expect(await told(1)).toBe(true);
    expect(await attempts.recordingSettled(idOf(1), 'failed', 'why')).toBe(true);
    expect(await told(2)).toBe(true);
    expect(await now(1)).toMatchObject({ recording: { state: 'failed', error: 'why' }, follow_up: 'due', event_count: 2 });
    expect(await attempts.recordingSettled(idOf(1), 'stored')).toBe(true);
    await attempts.followedUp(idOf(1));
    expect(await told(3)).toBe(true);
    expect(await now(1)).toMatchObject({ recording: { state: 'stored', sid: 'RE1' }, follow_up: 'done', event_count: 3 });
  });

  it('closes as not placed at the second empty look-up, and not at a repeat of the first', async () => {
    await plan(1);
    await claim(1);
    await attempts.unknown(idOf(1), 1);
    const first = await now(1);
    if (!first) throw new Error('the attempt is gone');
    expect(await attempts.lookedUpInVain(first)).toBe(false);
    expect(await attempts.lookedUpInVain(first)).toBe(false);
    const second = await now(1);
    expect(second && (await attempts.lookedUpInVain(second))).toBe(true);
    expect(await now(1)).toMatchObject({ state: 'not_placed', follow_up: 'due', lookups: { count: 2, empty: 2 } });
  });

  it('a recording that is stored is stored, though another run has given up', async () => {
    await plan(1, { state: 'finished', recording: { state: 'pending', sid: 'RE1' } });
    await attempts.recordingSettled(idOf(1), 'failed', 'the recording could not be copied');
    expect(await attempts.recordingSettled(idOf(1), 'absent')).toBe(false);
    expect(await attempts.recordingSettled(idOf(1), 'stored')).toBe(true);
    expect((await now(1))?.recording).toEqual({ state: 'stored', sid: 'RE1' });
    expect(await attempts.recordingSettled(idOf(1), 'failed', 'too late')).toBe(false);
  });

  it('transcript, analysis and end of a recording count, though another run has given up', async () => {
    const { recordings } = side.repositories;
    const _id = deterministicId('recording');
    await recordings.ensure(
      newRecording({ _id, call_log_id: _id, delivery_id: _id, audio_url: 'https://s3.example.com/a', duration: 3 }, side.time.now()),
    );
    for (const result of [
      () => recordings.transcribed(_id, { text: 'hello', language: 'en' }),
      () => recordings.analysed(_id, { keywords: [], entities: [], summary: 'a greeting' }),
      () => recordings.completed(_id),
    ]) {
      expect(await recordings.failed(_id, 'given up')).toBe(true);
      expect(await result()).toBe(true);
    }
    expect(await recordings.failed(_id, 'given up')).toBe(false);
    const found = await recordings.find(_id.toHexString());
    expect(found).toMatchObject({ processing_status: 'completed', transcription: { text: 'hello' } });
    expect(found).not.toHaveProperty('error_message');
  });

  it('walks through all work, oldest first, however small the pages', async () => {
    for (let n = 5; n >= 1; n -= 1) await plan(n, { due_at: new Date(side.time.now().getTime() - n * SECOND) });
    await plan(6, { due_at: new Date(side.time.now().getTime() + MINUTE) });
    const pages: string[][] = [];
    for await (const page of side.walksOf(2).planned(side.time.now())) pages.push(page.map(({ _id }) => _id.toHexString()));
    expect(pages).toEqual([[5, 4], [3, 2], [1]].map((page) => page.map((n) => idOf(n).toHexString())));
  });

  it('walks through what was given up, newest first, however small the pages', async () => {
    for (const n of [1, 2, 3, 4, 5]) {
      await plan(n, { recording: { state: 'pending' } });
      await attempts.recordingSettled(idOf(n), 'failed', 'given up');
      side.time.advance(SECOND);
    }
    const after = new Date(side.time.now().getTime() - 5 * SECOND);
    const pages: string[][] = [];
    for await (const page of side.walksOf(2).failedCopies(after)) pages.push(page.map(({ _id }) => _id.toHexString()));
    expect(pages).toEqual(
      [
        [5, 4],
        [3, 2],
      ].map((page) => page.map((n) => idOf(n).toHexString())),
    );
  });

  it('lists what is in doubt by the last look-up, so many at a time', async () => {
    for (const n of [1, 2, 3]) {
      await plan(n, { to_number: `${PHONE}${n}` });
      await claim(n);
      await attempts.unknown(idOf(n), 1);
      side.time.advance(SECOND);
    }
    await attempts.lookedUp({ _id: idOf(1) });
    const { lists } = side.repositories;
    const ids = (list: { _id: ReturnType<typeof idOf> }[]) => list.map(({ _id }) => _id.toHexString());
    expect(ids(await lists.unknown(2))).toEqual(ids([{ _id: idOf(2) }, { _id: idOf(3) }]));
    expect(ids(await lists.unknown(9))).toEqual(ids([{ _id: idOf(2) }, { _id: idOf(3) }, { _id: idOf(1) }]));
    expect(ids(await lists.unknown(9, new Date(side.time.now().getTime() - MINUTE)))).not.toContain(idOf(1).toHexString());
  });
});
