import type { Db } from 'mongodb';
import { ObjectId } from 'mongodb';
import type { Simulator } from '#scripts/simulator/simulator.ts';
import { newAgent } from '#src/db/documents/agent.ts';
import { createApiKeys } from '#src/db/repositories/api-keys.ts';
import { newApiKeySecret } from '#src/http/auth/key-format.ts';

export interface Accounts {
  /** Of an upstream system that no rate limit hinders. */
  apiKey: string;
  /** Ids of drivers whose phones take pushes. */
  drivers: string[];
}

const DRIVERS = 4;

/** An upstream system's key and some drivers, written straight into the database. */
export async function createAccounts(db: Db, simulator: Pick<Simulator, 'createSubscription'>): Promise<Accounts> {
  const { key, prefix, hash } = newApiKeySecret();
  const permissions = ['deliveries:read', 'deliveries:write'];
  const rate_limit = { requests: 1_000_000, period: 900_000 };
  await createApiKeys(db).create({ name: 'load', permissions, environment: 'development', prefix, key: hash, rate_limit }, new Date());
  const drivers = Array.from({ length: DRIVERS }, (_, index) => {
    const _id = new ObjectId();
    const { endpoint, keys } = simulator.createSubscription({ label: _id.toHexString() });
    return newAgent(
      {
        _id,
        name: `Driver ${index + 1}`,
        phone: `+1202555998${index}`,
        email: `driver${index + 1}@example.com`,
        password: 'not a hash: nobody logs in',
        role: 'agent',
        push_subscription: { endpoint, keys },
      },
      new Date(),
    );
  });
  await db.collection('agents').insertMany(drivers);
  return { apiKey: key, drivers: drivers.map(({ _id }) => _id.toHexString()) };
}
