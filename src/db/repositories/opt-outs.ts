import type { Db } from 'mongodb';
import { groupedFind } from '#src/db/grouped/find.ts';
import { groupedInsert } from '#src/db/grouped/insert.ts';
import type { OptOutDoc } from '#src/db/models/optouts.ts';

/** Who must never be called again, by phone number, for every delivery of that number. Survives the customer's removal. */
export interface OptOuts {
  has(phone: string): Promise<boolean>;
  /** Once; the first source stays. */
  add(optOut: OptOutDoc): Promise<void>;
}

export function createOptOuts(db: Db): OptOuts {
  const optOuts = db.collection<OptOutDoc>('optouts');
  const find = groupedFind<OptOutDoc, string>(optOuts, '_id', { _id: 1 });
  const insert = groupedInsert(optOuts);
  return {
    has: async (phone) => (await find(phone)) !== null,
    add: async (optOut) => {
      await insert(optOut);
    },
  };
}
