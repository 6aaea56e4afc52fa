import { IANAZone } from 'luxon';
import { z } from 'zod';
import { toE164 } from '#src/domain/phone.ts';
import { CONTACT_METHODS } from '#src/db/models/customers.ts';
import { DELIVERY_STATUSES, PRIORITIES } from '#src/domain/vocabulary.ts';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

export const Id = z.string().regex(/^[0-9a-f]{24}$/i, 'must be 24 hexadecimal digits');

const stringOf = (maximum: number, forbidden: RegExp, message: string) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(maximum, `must have ${maximum} characters at the most`)
    // A half of a surrogate pair cannot be stored, and control characters are in no text that people write.
    .refine((text) => text.isWellFormed() && !forbidden.test(text), message);
/** On one line. */
const line = (maximum: number) => stringOf(maximum, /\p{Cc}/u, 'must not contain control characters');
const text = (maximum: number) => stringOf(maximum, /[^\P{Cc}\t\r\n]/u, 'must not contain control characters, but tabs and new lines');

const Phone = line(32)
  .meta({ description: 'An E.164 number, such as +12025550100.', examples: ['+12025550100'] })
  .transform((input, context) => {
    const phone = toE164(input);
    if (phone !== null) return phone;
    context.addIssue({ code: 'custom', message: 'must be a phone number with its country code, such as +12025550100' });
    return z.NEVER;
  });

/** Those that were found valid: each look makes a new Intl formatter, which costs more than all the rest of the body's checks. There are some hundred names. */
const knownZones = new Set<string>();
/** Case does not matter to the runtime, so there are more spellings than zones. */
const MOST_ZONES = 1000;

function isZone(zone: string): boolean {
  if (knownZones.has(zone)) return true;
  const valid = /^[A-Za-z]/.test(zone) && IANAZone.isValidZone(zone);
  if (valid && knownZones.size < MOST_ZONES) knownZones.add(zone);
  return valid;
}

const Preferences = z.strictObject({
  preferred_times: z
    .array(
      z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, 'must be like 09:00-12:00')
        .refine((range) => range.slice(0, 5) !== range.slice(6), 'must not be empty'),
    )
    .max(10)
    .optional(),
  preferred_days: z.array(z.enum(DAYS)).max(7).optional(),
  delivery_instructions: text(1000).optional(),
  contact_method: z.enum(CONTACT_METHODS).optional(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as en or es')
    .optional(),
  timezone: line(64)
    // Offsets such as +05:00 are zones to the runtime, too, but know no summer time.
    .refine((zone) => isZone(zone), 'must be an IANA time zone, such as America/New_York')
    .optional(),
});

const Customer = z.strictObject({
  name: line(200),
  phone: Phone,
  email: z.email('must be an e-mail address').max(254).optional(),
  address: text(500).optional(),
  preferences: Preferences.optional(),
});

const Coordinates = z.strictObject({
  type: z.literal('Point').default('Point'),
  coordinates: z.tuple([z.number(), z.number()]).superRefine(([longitude, latitude], context) => {
    const swapped = Math.abs(latitude) > 90 && Math.abs(longitude) <= 90 && Math.abs(latitude) <= 180;
    if (swapped) context.addIssue({ code: 'custom', message: 'must be longitude, then latitude; these look swapped' });
    else if (Math.abs(longitude) > 180) context.addIssue({ code: 'custom', path: [0], message: 'longitude must be between -180 and 180' });
    else if (Math.abs(latitude) > 90) context.addIssue({ code: 'custom', path: [1], message: 'latitude must be between -90 and 90' });
  }),
});

const measure = z.number().nonnegative().max(1_000_000);

const PackageDetails = z.strictObject({
  weight: measure.optional().meta({ description: 'Kilograms.' }),
  dimensions: z.strictObject({ length: measure.optional(), width: measure.optional(), height: measure.optional() }).optional(),
  value: z.number().nonnegative().max(1_000_000_000).optional(),
  fragile: z.boolean().optional(),
  signature_required: z.boolean().optional(),
  special_instructions: text(1000).optional(),
});

/** The body of POST /v1/deliveries. */
export const NewDelivery = z
  .strictObject({
    external_id: line(128)
      .optional()
      .meta({ description: "The upstream's order number, unique per API key: a repeat makes no second delivery." }),
    customer: Customer.optional().meta({ description: 'Matched by phone; fields that are given overwrite. Either this or customer_id.' }),
    customer_id: Id.optional(),
    agent_id: Id.optional().meta({ description: 'The driver, who is told how the call went.' }),
    address: text(500),
    coordinates: Coordinates,
    scheduled_time: z.iso.datetime({ offset: true, message: 'must be an ISO 8601 time with its zone, such as 2027-03-01T14:00:00Z' }),
    estimated_duration: z.number().int().min(1).max(1440).optional().meta({ description: 'Minutes.' }),
    priority: z.enum(PRIORITIES).optional(),
    package_details: PackageDetails.optional(),
    max_retries: z.number().int().min(0).max(10).optional(),
  })
  .superRefine(({ customer, customer_id }, context) => {
    if (customer && customer_id)
      context.addIssue({ code: 'custom', path: ['customer_id'], message: 'must not be given together with customer' });
    if (!customer && !customer_id)
      context.addIssue({ code: 'custom', path: ['customer'], message: 'is missing; give customer or customer_id' });
  });
export type NewDelivery = z.infer<typeof NewDelivery>;

export const IdempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'The same key and body give the same answer, for seven days.' }),
});

export const DeliveryList = z.strictObject({
  status: z.enum(DELIVERY_STATUSES).optional(),
  customer_id: Id.optional(),
  cursor: Id.optional().meta({ description: 'The next_cursor of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(25),
});
