import { ObjectId } from 'mongodb';

/** The parts of the driver's class of which a new id is made. */
interface Maker {
  index: number;
  PROCESS_UNIQUE: Uint8Array;
}

/** From here on new ObjectIds follow from the seed and `now` alone, until the returned function is called. */
export function seedIds(seed: number, now: () => number): () => void {
  const maker = ObjectId as unknown as Maker;
  const machine = Date.now;
  maker.index = seed & 0xffffff;
  maker.PROCESS_UNIQUE = new Uint8Array(5);
  Date.now = now;
  return () => {
    Date.now = machine;
  };
}
