import { DateTime } from 'luxon';

export interface Place {
  /** IANA name. */
  zone: string;
  city: string;
  /** Longitude, latitude. */
  at: readonly [number, number];
}

/** At least one for every hour of the globe, so that it is late morning somewhere whenever the demo runs. */
const PLACES: readonly Place[] = [
  { zone: 'Pacific/Pago_Pago', city: 'Pago Pago', at: [-170.7, -14.28] },
  { zone: 'Pacific/Honolulu', city: 'Honolulu', at: [-157.86, 21.31] },
  { zone: 'America/Anchorage', city: 'Anchorage', at: [-149.9, 61.22] },
  { zone: 'America/Los_Angeles', city: 'Los Angeles', at: [-118.24, 34.05] },
  { zone: 'America/Phoenix', city: 'Phoenix', at: [-112.07, 33.45] },
  { zone: 'America/Mexico_City', city: 'Ciudad de México', at: [-99.13, 19.43] },
  { zone: 'America/Bogota', city: 'Bogotá', at: [-74.07, 4.71] },
  { zone: 'America/Santo_Domingo', city: 'Santo Domingo', at: [-69.93, 18.49] },
  { zone: 'America/Argentina/Buenos_Aires', city: 'Buenos Aires', at: [-58.38, -34.6] },
  { zone: 'America/Noronha', city: 'Vila dos Remédios', at: [-32.42, -3.84] },
  { zone: 'Atlantic/Azores', city: 'Ponta Delgada', at: [-25.67, 37.74] },
  { zone: 'Europe/London', city: 'London', at: [-0.13, 51.51] },
  { zone: 'Europe/Madrid', city: 'Madrid', at: [-3.7, 40.42] },
  { zone: 'Africa/Johannesburg', city: 'Johannesburg', at: [28.05, -26.2] },
  { zone: 'Africa/Nairobi', city: 'Nairobi', at: [36.82, -1.29] },
  { zone: 'Asia/Dubai', city: 'Dubai', at: [55.27, 25.2] },
  { zone: 'Asia/Karachi', city: 'Karachi', at: [67.01, 24.86] },
  { zone: 'Asia/Kathmandu', city: 'Kathmandu', at: [85.32, 27.72] },
  { zone: 'Asia/Dhaka', city: 'Dhaka', at: [90.41, 23.81] },
  { zone: 'Asia/Bangkok', city: 'Bangkok', at: [100.5, 13.76] },
  { zone: 'Asia/Singapore', city: 'Singapore', at: [103.82, 1.35] },
  { zone: 'Asia/Tokyo', city: 'Tokyo', at: [139.69, 35.69] },
  { zone: 'Australia/Brisbane', city: 'Brisbane', at: [153.03, -27.47] },
  { zone: 'Pacific/Noumea', city: 'Nouméa', at: [166.46, -22.28] },
  { zone: 'Pacific/Auckland', city: 'Auckland', at: [174.76, -36.85] },
  { zone: 'Pacific/Tongatapu', city: 'Nukuʻalofa', at: [-175.2, -21.14] },
];

const hourIn = (zone: string, now: Date): number => {
  const local = DateTime.fromJSDate(now, { zone });
  return local.hour + local.minute / 60;
};

/** Where it is between `from` and `until` o'clock now; over midnight where `from` is the later one. Never empty for four hours or more. */
export const placesBetween = (from: number, until: number, now: Date): readonly Place[] =>
  PLACES.filter(({ zone }) => {
    const hour = hourIn(zone, now);
    return from < until ? hour >= from && hour < until : hour >= from || hour < until;
  });
