import { nameOf, phoneOf, streetOf } from '#scripts/demo/cast/names.ts';
import { draw } from '#scripts/simulator/random.ts';

export interface Order {
  externalId: string;
  /** E.164. */
  phone: string;
  /** What the person does, call by call; undefined: the number is somebody's of an earlier order. */
  steps?: string;
  shipperInstructions: string | null;
  /** Of POST /v1/deliveries, without the driver. */
  body: Record<string, unknown>;
}

const HOUR = 3_600_000;
/** Far enough for every retry of a long run by a fast clock. */
const DELIVERED_AFTER = 60 * 24 * HOUR;
/** Order after order. Who may be called only once or twice must not lose a call to a dial that was never placed. */
const MAX_RETRIES = [8, 8, 0, 8, 8, 1, 8] as const;
/** Every tenth goes to the number of the fifth before it: two deliveries must not ring one person at once. */
const SHARED = { every: 10, before: 5 };

type Parts = readonly (readonly [steps: string, weight: number])[];

/** Endings by weight. Many leave a message, so that every stage has work; many are tried again. */
const EVERYBODY: Parts = [
  ['instructions', 34],
  ['confirm', 14],
  ['another-time', 8],
  ['no-answer,instructions', 8],
  ['busy,instructions', 6],
  ['no-answer,confirm', 6],
  ['voicemail,no-answer,confirm', 6],
  ['busy,busy,another-time', 5],
  ['hang-up', 4],
  ['failed,confirm', 3],
  ['never-again', 3],
  ['wrong-number', 2],
  ['silent', 1],
];

/** Those whose story ends soon: for a run that must not wait for hours of a scaled clock. */
const QUICK: Parts = [
  ['instructions', 40],
  ['confirm', 30],
  ['another-time', 15],
  ['busy,instructions', 10],
  ['hang-up', 5],
];

export type People = 'everybody' | 'quick';

/** The order of this number by this seed: who it is for, what they do. They live where it is morning, whenever it is submitted. */
export function makeOrder(index: number, seed: string, now: Date, people: People = 'everybody'): Order {
  const isShared = index % SHARED.every === SHARED.every - 1;
  const person = isShared ? index - SHARED.before : index;
  const externalId = `ORDER-${String(index + 1).padStart(5, '0')}`;
  const shipperInstructions = index % 3 === 0 ? 'Handle with care' : null;
  const phone = phoneOf(person);
  return {
    externalId,
    phone,
    ...(isShared ? {} : { steps: stepsOf(person, seed, people === 'quick' ? QUICK : EVERYBODY) }),
    shipperInstructions,
    body: {
      external_id: externalId,
      // The person's later order says nothing of their wishes: what the first said stays.
      customer: {
        name: nameOf(person),
        phone,
        ...(isShared ? {} : { preferences: { language: person % 2 === 0 ? 'en' : 'es', timezone: zoneOf(person, now) } }),
      },
      address: streetOf(person),
      coordinates: { type: 'Point', coordinates: [-77.03, 38.9] },
      scheduled_time: new Date(now.getTime() + DELIVERED_AFTER).toISOString(),
      priority: (['normal', 'normal', 'high', 'low', 'urgent'] as const)[index % 5],
      max_retries: MAX_RETRIES[index % MAX_RETRIES.length],
      ...(shipperInstructions === null ? {} : { package_details: { special_instructions: shipperInstructions } }),
    },
  };
}

function stepsOf(person: number, seed: string, parts: Parts): string {
  const total = parts.reduce((sum, [, weight]) => sum + weight, 0);
  let left = draw(seed, 'person', person) * total;
  for (const [steps, weight] of parts) {
    left -= weight;
    if (left < 0) return canBeShared(person) && steps === 'never-again' ? 'confirm' : steps;
  }
  return 'confirm';
}

/** A second delivery may come to this number: after "never again" nobody could say how that one must end. */
const canBeShared = (person: number): boolean => (person + SHARED.before) % SHARED.every === SHARED.every - 1;

/** From nine in the morning to one in the afternoon: they may be called at once, and for hours to come. */
const MORNING = { from: 9, hours: 4 };

function zoneOf(person: number, now: Date): string {
  const hour = MORNING.from + (person % MORNING.hours);
  const east = ((((hour - now.getUTCHours() + 12) % 24) + 24) % 24) - 12;
  return east === 0 ? 'Etc/GMT' : `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`; // POSIX counts westwards
}
