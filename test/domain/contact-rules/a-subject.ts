import type { ContactPreferences, ContactSubject } from '#src/domain/contact-rules/subject.ts';

interface Given {
  preferences?: ContactPreferences;
  delivery?: Partial<ContactSubject['delivery']>;
  attemptNumber?: number;
  notPlaced?: number;
  optedOut?: boolean;
}

/** Somebody in New York who may be called at any waking hour, about a delivery that is weeks away. */
export const aSubject = ({
  preferences = {},
  delivery = {},
  attemptNumber = 1,
  notPlaced = 0,
  optedOut = false,
}: Given = {}): ContactSubject => ({
  customer: { preferences: { timezone: 'America/New_York', ...preferences } },
  delivery: {
    status: 'scheduled',
    scheduled_time: new Date('2026-07-31T16:00:00Z'),
    contact: { state: 'pending' },
    max_retries: 3,
    ...delivery,
  },
  attemptNumber,
  notPlaced,
  optedOut,
});

/** A Monday, 10:00 in New York. */
export const MONDAY_10 = new Date('2026-07-06T14:00:00Z');
