import { ObjectId } from 'mongodb';
import { expect, it } from 'vitest';
import { judge } from '#scripts/demo/check/judge.ts';
import { DUE, soundEvidence, type Spoilable } from './sound-evidence.ts';

it('finds nothing where both accounts agree', () => {
  expect(judge(soundEvidence())).toEqual([]);
});

it('does not count against max_retries what was proved not placed', () => {
  const evidence = soundEvidence();
  const [delivery, first] = [at(evidence.deliveries, 0), at(evidence.attempts, 0)];
  Object.assign(first, { state: 'not_placed', outcome: 'not_placed' });
  delete first.call_sid;
  evidence.calls.shift();
  evidence.callLogs.shift();
  delivery.max_retries = 0;
  expect(judge(evidence)).toEqual([]);
});

type Plant = readonly [what: string, spoil: (evidence: Spoilable) => void, delivery: string, words: RegExp];

/** The n-th, which the sound evidence has. */
const at = <T>(list: T[], index: number): T => list[index] as T;

const lost: Plant[] = [
  ['a delivery that is lost', (e) => e.deliveries.splice(1, 1), 'B', /accepted and is lost/],
  ['a delivery that is there twice', (e) => e.deliveries.push({ ...at(e.deliveries, 1), _id: new ObjectId() }), 'B', /is there 2 times/],
  ['a delivery under another id', (e) => (at(e.submitted, 1).deliveryId = new ObjectId().toHexString()), 'B', /is not the delivery/],
  ['a delivery of nobody', (e) => e.submitted.splice(1, 1), 'B', /nobody submitted it/],
];

const calls: Plant[] = [
  [
    'a number called twice for one attempt',
    (e) => e.calls.push({ ...at(e.calls, 0), callSid: 'CA9' }),
    'A',
    /attempt 1 was called 2 times/,
  ],
  [
    'a call without an attempt',
    (e) => e.calls.push({ ...at(e.calls, 0), callSid: 'CA9', url: 'http://x/nobody' }),
    'call CA9',
    /for no attempt/,
  ],
  ['an attempt whose call was never placed', (e) => e.calls.splice(0, 1), 'A', /never placed/],
  ['an attempt that names another call', (e) => (at(e.attempts, 0).call_sid = 'CA2'), 'A', /attempt 1 has CA2/],
  ['a call to another number', (e) => (at(e.calls, 0).to = '+12025550199'), 'A', /another number/],
  ['a call without CallLog', (e) => e.callLogs.splice(0, 1), 'A', /has 0 CallLogs/],
  [
    'a CallLog of no call',
    (e) => e.callLogs.push({ ...at(e.callLogs, 0), call_sid: 'CA9' }),
    'A',
    /CallLog of a call that was never placed/,
  ],
  ['a call at night', (e) => (at(e.calls, 0).createdAt = '2027-03-01T12:59:00.000Z'), 'A', /called at 07:59/],
  ['a call at nine in the evening', (e) => (at(e.calls, 0).createdAt = '2027-03-02T02:02:00.000Z'), 'A', /called at 21:02/],
];

const endings: Plant[] = [
  ['another final status', (e) => (at(e.callLogs, 0).status = 'no-answer'), 'A', /CallLog says no-answer/],
  ['another outcome than what was pressed', (e) => (at(e.attempts, 1).outcome = 'confirmed'), 'A', /means instructed/],
  [
    'a machine booked as a person',
    (e) => Object.assign(at(e.calls, 1), { answeredBy: 'machine_start', pressed: [] }),
    'A',
    /means voicemail/,
  ],
  ['another contact state', (e) => (at(e.deliveries, 0).contact.state = 'unreachable'), 'A', /contact is unreachable/],
  ['a contact that is still going on', (e) => (at(e.deliveries, 0).contact.state = 'contacting'), 'A', /contact is contacting/],
  ['a cancel that was forgotten', (e) => (at(e.submitted, 1).cancelled = true), 'B', /means cancelled/],
  ['an attempt that is stuck', (e) => (at(e.attempts, 1).state = 'in_progress'), 'A', /stuck as in_progress/],
  ['an attempt that nobody knows of', (e) => (at(e.attempts, 1).state = 'unknown'), 'A', /stuck as unknown/],
  ['a retry that was never decided', (e) => (at(e.attempts, 0).follow_up = 'due'), 'A', /never decided/],
  ['a wrong count of retries', (e) => (at(e.deliveries, 0).retry_count = 2), 'A', /retry_count is 2/],
  ['more retries than allowed', (e) => (at(e.deliveries, 0).max_retries = 0), 'A', /beyond max_retries/],
  [
    'a delivery given up too early',
    (e) => Object.assign(at(e.deliveries, 0).contact, { reason: 'retries_exhausted' }),
    'A',
    /after 2 tries/,
  ],
  ['attempts out of number', (e) => (at(e.attempts, 1).number = 3), 'A', /not numbered/],
];

const nextTimes: Plant[] = [
  ['no next time', (e) => delete at(e.deliveries, 1).contact.next_at, 'B', /neither an ending nor a next time/],
  ['no planned attempt', (e) => (at(e.attempts, 2).state = 'not_placed'), 'B', /no attempt is planned/],
  ['another time in the ledger', (e) => (at(e.attempts, 2).due_at = new Date(0)), 'B', /another next time/],
  ['no job for the next time', (e) => e.jobs.shift(), 'B', /has 0 jobs/],
  ['two jobs for the next time', (e) => e.jobs.push(at(e.jobs, 0)), 'B', /has 2 jobs/],
  ['a job that runs hours late', (e) => (at(e.jobs, 0).runsAt = new Date(DUE.getTime() + 7_200_000)), 'B', /120 minutes off/],
  [
    'a planned attempt after the end',
    (e) => e.attempts.push({ ...at(e.attempts, 2), delivery_id: at(e.deliveries, 2)._id, number: 2 }),
    'C',
    /still planned/,
  ],
];

const messages: Plant[] = [
  ['a message that is lost', (e) => e.recordings.splice(0, 1), 'A', /has no Recording/],
  ['a message that is there twice', (e) => e.recordings.push(at(e.recordings, 0)), 'A', /has 2 Recordings/],
  ['a Recording that is not done with', (e) => (at(e.recordings, 0).processing_status = 'processing'), 'A', /is processing/],
  ['another transcript', (e) => (at(e.recordings, 0).transcription = { text: 'Beware of the dog.' }), 'A', /not what was spoken/],
  ['bytes of another message', (e) => (at(e.recordings, 0).sha256 = 'def'), 'A', /bytes that were stored/],
  ['no object in S3', (e) => e.objects.clear(), 'A', /not in S3/],
  ['a cut-off object in S3', (e) => e.objects.set('recordings/1.mp3', 7), 'A', /7 bytes in S3/],
  ['a Recording of nobody', (e) => e.recordings.push({ ...at(e.recordings, 0), recording_sid: 'RE9' }), 'A', /nobody left/],
  ['a recording that was never copied', (e) => (at(e.attempts, 1).recording = { state: 'pending' }), 'A', /never copied/],
  [
    'instructions that were appended twice',
    (e) => (at(e.deliveries, 0).package_details.special_instructions += '\nPlease leave it with my neighbour.'),
    'A',
    /special_instructions/,
  ],
  ["a shipper's note that is gone", (e) => (at(e.deliveries, 0).package_details.special_instructions = 'x'), 'A', /special_instructions/],
  ['other instructions in the contact', (e) => (at(e.deliveries, 0).contact.instructions = 'x'), 'A', /contact.instructions/],
];

const people: Plant[] = [
  ['an opt-out that was not written down', (e) => e.optOuts.pop(), 'C', /not on the list/],
  ['an opt-out that nobody asked for', (e) => e.optOuts.push('+12025550144'), 'number …44', /never asked for it/],
  [
    'a call after opting out',
    (e) => e.calls.push({ ...at(e.calls, 2), callSid: 'CA9', pressed: [], createdAt: '2027-03-01T18:00:00.000Z' }),
    'C',
    /after opting out/,
  ],
  ['news that never arrived', (e) => e.pushes.shift(), 'A', /never arrived/],
  ['news in other words', (e) => (at(e.pushes, 0).body = 'x'), 'A', /never arrived in these words/],
  ['news that came twice', (e) => e.pushes.push(at(e.pushes, 0)), 'A', /once too often/],
  ['news that were never sent', (e) => (at(e.notifications, 0).state = 'pending'), 'A', /is pending/],
  ['news for another driver', (e) => (at(e.pushes, 0).label = 'x'), 'A', /another driver/],
  [
    'news that leave out what was asked for',
    (e) => [at(e.pushes, 0), at(e.notifications, 0)].map((row) => (row.body = 'The customer left a message.')),
    'A',
    /something else than the customer asked for/,
  ],
  ['an ending that nobody was told', (e) => [e.pushes.pop(), e.notifications.pop()], 'C', /told so 0 times/],
];

const leftovers: Plant[] = [
  ['a callback that was never applied', (e) => (at(e.events, 0).state = 'received'), 'A', /never applied/],
  ['a job that waits', (e) => (at(e.jobs, 0).state = 'waiting'), 'B', /job of call is waiting/],
  ['a job that failed', (e) => (at(e.jobs, 1).state = 'failed'), 'job reconcile-1', /job of reconcile is failed/],
  [
    'another delayed job',
    (e) => Object.assign(at(e.jobs, 1), { queue: 'notification', state: 'delayed' }),
    'job reconcile-1',
    /notification is delayed/,
  ],
];

it.each([...lost, ...calls, ...endings, ...nextTimes, ...messages, ...people, ...leftovers])(
  'finds %s',
  (_what, spoil, delivery, words) => {
    const evidence = soundEvidence();
    spoil(evidence);
    expect(judge(evidence)).toContainEqual({ delivery, what: expect.stringMatching(words) });
  },
);

it('forgives a call that was on its way when the quiet hours began', () => {
  const evidence = soundEvidence();
  at(evidence.calls, 0).createdAt = '2027-03-02T02:00:30.000Z';
  expect(judge(evidence)).toEqual([]);
});
