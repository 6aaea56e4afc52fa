import { apiKeySchema, type ApiKeyDoc } from '#src/db/models/apikeys.ts';
import { documentBuilder, type Given } from './build.ts';

export type NewApiKey = Given<
  ApiKeyDoc,
  '_id' | 'createdAt' | 'updatedAt' | 'environment' | 'permissions' | 'rate_limit' | 'is_active' | 'usage_count'
>;

/** `key` must be the hash. */
export const newApiKey = documentBuilder<ApiKeyDoc, NewApiKey>(apiKeySchema);
