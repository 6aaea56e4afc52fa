import { parseSettings } from './parse.ts';
import { environment } from './settings.ts';

/** What a command needs that only talks to the database. Throws `InvalidSettings`. */
export function loadDatabaseSettings(env: Readonly<Record<string, string | undefined>>) {
  const { MONGODB_URI, APP_ENV } = parseSettings(environment.pick({ MONGODB_URI: true, APP_ENV: true }), env, () => []);
  return { mongodbUri: MONGODB_URI, appEnv: APP_ENV };
}
