import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ObjectId } from 'mongodb';
import { createAgents } from '#src/db/repositories/agents.ts';
import { createDrivers } from '#src/db/repositories/drivers.ts';
import { hashPassword } from '#src/http/board/passwords.ts';
import { createTime } from '#src/platform/time.ts';
import { nameOf } from './cast/names.ts';
import type { World } from './world.ts';

export interface Accounts {
  /** Of an upstream system. */
  apiKey: string;
  admin: { email: string; password: string };
  /** Ids of drivers who can be pushed to. */
  drivers: string[];
}

const DRIVERS = 4;
const ADMIN = 'admin@example.com';

/** Makes an API key and an admin by the commands that a user would take, and drivers with push subscriptions. */
export async function createAccounts(world: World): Promise<Accounts> {
  const password = randomBytes(12).toString('base64url');
  const [apiKey, , drivers] = await Promise.all([
    run('keys-create.ts', ['--name', 'demo', '--permissions', 'deliveries:read,deliveries:write'], world),
    run(
      'agents-create.ts',
      ['--name', 'Demo Admin', '--email', ADMIN, '--phone', '+12025550000', '--role', 'admin', '--password-stdin'],
      world,
      password,
    ),
    createSubscribedDrivers(world),
  ]);
  return { apiKey, admin: { email: ADMIN, password }, drivers };
}

/** Runs one of our commands; its last line is what it made. */
async function run(script: string, args: readonly string[], { env }: World, input = ''): Promise<string> {
  const file = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const running = promisify(execFile)(process.execPath, [file, ...args], { env: { PATH: process.env['PATH'], ...env } });
  running.child.stdin?.end(input);
  const { stdout } = await running;
  return stdout.trimEnd().split('\n').at(-1) ?? '';
}

async function createSubscribedDrivers({ db, simulator }: World): Promise<string[]> {
  const time = createTime({ ...simulator.clock, offsetMs: 0 });
  const agents = createAgents(db);
  const drivers = createDrivers(db, time);
  // None of them logs in: one hash of a password that nobody knows will do.
  const password = await hashPassword(randomBytes(24).toString('base64url'));
  return Promise.all(
    Array.from({ length: DRIVERS }, async (_, index) => {
      const contact = { email: `driver${index + 1}@example.com`, phone: `+1202555009${index + 1}` };
      const made = await agents.create({ name: nameOf(index * 3 + 1), ...contact, role: 'agent', password }, time.now());
      if ('taken' in made) throw new Error(`a driver with this ${made.taken} is there already`);
      const { endpoint, keys } = simulator.createSubscription({ label: made.id });
      await drivers.subscribe(new ObjectId(made.id), { endpoint, keys });
      return made.id;
    }),
  );
}
