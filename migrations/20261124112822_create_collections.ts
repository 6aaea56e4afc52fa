import type { Db } from 'mongodb';
import { applyCollections, revertCollections, type FrozenCollection } from './lib/collections.ts';
import frozen from './20261124112822_create_collections.json' with { type: 'json' };

// Everything that the first version needs: collections, validators, indexes. The way back spares every collection that holds documents.
const collections = frozen as unknown as FrozenCollection[];

export const up = (db: Db): Promise<void> => applyCollections(db, collections);
export const down = (db: Db): Promise<void> => revertCollections(db, collections);
