import { ObjectId } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { newCallLog } from '#src/db/documents/call-log.ts';
import { newRecording } from '#src/db/documents/recording.ts';
import { webWorld, type WebWorld } from '#test/support/web-world.ts';

let world: WebWorld;
beforeAll(async () => {
  world = await webWorld();
});

interface Page {
  data: { id: string; status: string; customer_id: string }[];
  next_cursor: string | null;
}
const page = async (query: string): Promise<Page> => (await world.get(`/v1/deliveries${query}`)).json();

/** Every page, from the first to the last; `meanwhile` runs before each further one. */
async function walk(query: string, meanwhile: () => Promise<unknown> = async () => undefined): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ''; ;) {
    const { data, next_cursor } = await page(`?${query}${cursor}`);
    ids.push(...data.map(({ id }) => id));
    if (next_cursor === null) return ids;
    cursor = `&cursor=${next_cursor}`;
    await meanwhile();
  }
}

const submitMany = async (count: number, fields: Record<string, unknown> = {}) => {
  const shown = [];
  for (let n = 0; n < count; n += 1) shown.push((await world.submit(world.order(fields))).json<{ id: string; customer_id: string }>());
  return shown;
};

describe('GET /v1/deliveries/:id', () => {
  it('tells of a delivery that nobody was called about yet', async () => {
    const submitted = (await world.submit(world.order({ external_id: 'fresh' }))).json();
    const answer = await world.get(`/v1/deliveries/${submitted.id}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      ...submitted,
      calls: [],
      recording: null,
      tracking_events: [{ status: 'call_planned', timestamp: new Date(world.clock.ms).toISOString() }],
    });
  });

  it('tells of its calls, recording, analysis and history, and of nothing that is ours alone', async () => {
    const { id } = (await world.submit(world.order({ agent_id: world.driverId }))).json();
    const now = new Date(world.clock.ms);
    const delivery_id = new ObjectId(String(id));
    const of = { delivery_id, attempt_id: new ObjectId(), from_number: '+12025550100', to_number: '+12025550000' };
    const busy = newCallLog({ ...of, call_sid: `CA${'1'.repeat(32)}`, status: 'busy', outcome: 'busy' }, new Date(now.getTime() - 5000));
    const talk = newCallLog(
      {
        ...of,
        call_sid: `CA${'2'.repeat(32)}`,
        status: 'completed',
        outcome: 'instructed',
        answered_by: 'human',
        start_time: now,
        end_time: new Date(now.getTime() + 31_000),
        duration: 31,
        retry_count: 1,
      },
      now,
    );
    const recording = newRecording(
      {
        delivery_id,
        attempt_id: of.attempt_id,
        call_log_id: talk._id,
        audio_url: 's3://recordings/x.mp3',
        duration: 12,
        storage_key: 'x.mp3',
        recording_sid: `RE${'1'.repeat(32)}`,
        sha256: 'x',
        trace_id: 'x',
        processing_status: 'completed',
        transcription: { text: 'Leave it at the back door.' },
        ai_analysis: {
          sentiment: 'neutral',
          keywords: ['back door'],
          instructions: 'Leave it at the back door.',
          priority: 'normal',
          summary: 'Back door.',
          entities: [{ type: 'place', value: 'back door', confidence: 0.9 }],
        },
      },
      now,
    );
    await world.db.collection('calllogs').insertMany([talk, busy]);
    await world.db.collection('recordings').insertOne(recording);
    await world.db
      .collection('deliveries')
      .updateOne({ _id: delivery_id }, { $set: { recording_id: recording._id, call_log_id: talk._id } });
    await world.db
      .collection('trackingevents')
      .insertOne({ delivery_id, status: 'instructed', timestamp: new Date(now.getTime() + 31_000) });

    const answer = await world.get(`/v1/deliveries/${id}`);
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json()).toMatchObject({
      id,
      status: 'assigned',
      calls: [
        { id: busy._id.toHexString(), call_sid: busy.call_sid, status: 'busy', outcome: 'busy', retry_count: 0 },
        { status: 'completed', outcome: 'instructed', answered_by: 'human', start_time: now.toISOString(), duration: 31, retry_count: 1 },
      ],
      recording: {
        id: recording._id.toHexString(),
        duration: 12,
        processing_status: 'completed',
        transcription: 'Leave it at the back door.',
        ai_analysis: {
          sentiment: 'neutral',
          instructions: 'Leave it at the back door.',
          entities: [{ type: 'place', value: 'back door' }],
        },
      },
      tracking_events: [{ status: 'call_planned' }, { status: 'instructed' }],
    });
    for (const ours of ['content_hash', 'api_key_id', 'trace_id', 'revision', 's3://', '_id"', '+12025550000']) {
      expect(answer.body.replaceAll(/"(customer|agent|external|recording|call)_id"/g, '')).not.toContain(ours);
    }
  });

  it('tells of a recording that is not transcribed yet', async () => {
    const { id } = (await world.submit(world.order())).json();
    const delivery_id = new ObjectId(String(id));
    const rest = { call_log_id: new ObjectId(), attempt_id: new ObjectId(), audio_url: 'x', storage_key: 'x', sha256: 'x', trace_id: 'x' };
    const recording = newRecording({ ...rest, delivery_id, recording_sid: 'x', duration: 4 }, new Date(world.clock.ms));
    await world.db.collection('recordings').insertOne(recording);
    await world.db.collection('deliveries').updateOne({ _id: delivery_id }, { $set: { recording_id: recording._id } });
    const { recording: shown } = (await world.get(`/v1/deliveries/${id}`)).json();
    expect(shown).toEqual({ id: recording._id.toHexString(), duration: 4, processing_status: 'pending' });
  });
});

describe('GET /v1/deliveries', () => {
  it('lists the newest first, in pages that are complete and never repeat, while new ones arrive', async () => {
    const older = await submitMany(7);
    const all = await walk('limit=3', () => submitMany(2));
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((id) => older.some((one) => one.id === id))).toEqual(older.map(({ id }) => id).toReversed());
    expect(all).toEqual(all.toSorted().toReversed());
  });

  it('has 25 in a page unless told, and no cursor after the last', async () => {
    await submitMany(26);
    const first = await page('');
    expect(first.data).toHaveLength(25);
    expect(first.next_cursor).toBe(first.data.at(-1)?.id);
    const ids = await walk('limit=100');
    expect(ids).toHaveLength(await world.db.collection('deliveries').countDocuments());
    expect(await page(`?cursor=${ids.at(-1)}`)).toEqual({ data: [], next_cursor: null });
    expect((await page(`?limit=${ids.length > 100 ? 100 : ids.length}`)).next_cursor).toBe(null);
  });

  it('narrows by status and by customer', async () => {
    const [one] = await submitMany(1, { agent_id: world.driverId });
    const { customer: _customer, ...same } = world.order({ customer_id: one?.customer_id });
    const two = (await world.submit(same)).json();
    expect(await walk(`customer_id=${one?.customer_id}`)).toEqual([two.id, one?.id]);
    expect(await walk(`customer_id=${one?.customer_id}&status=assigned&limit=1`)).toEqual([one?.id]);
    const { data } = await page('?status=assigned&limit=100');
    expect(new Set(data.map(({ status }) => status))).toEqual(new Set(['assigned']));
    expect(await walk(`customer_id=${'0'.repeat(24)}`)).toEqual([]);
  });
});
