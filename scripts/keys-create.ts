/** `npm run keys:create`: makes an API key in the database of MONGODB_URI, and prints it, once, as the last line. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadDatabaseSettings } from '#src/config/database-settings.ts';
import { API_KEY_ENVIRONMENTS, type ApiKeyEnvironment } from '#src/db/models/apikeys.ts';
import { createApiKeys } from '#src/db/repositories/api-keys.ts';
import { newApiKeySecret, PERMISSIONS } from '#src/http/auth/key-format.ts';
import { orSayWhy, withDatabase } from './accounts/database.ts';

interface Options {
  name: string;
  permissions: string[];
  environment?: ApiKeyEnvironment;
}

const program = new Command('keys:create')
  .description('Makes an API key and prints it, once, as the last line: only its hash is stored.')
  .requiredOption('--name <name>', 'which upstream system it is for', toName)
  .requiredOption('--permissions <list>', `one or more of ${PERMISSIONS.join(',')}`, toPermissions)
  .addOption(new Option('--environment <name>', 'where it is valid (default: what APP_ENV says)').choices(API_KEY_ENVIRONMENTS))
  .action((options: Options) => orSayWhy(() => createKey(options)));
await program.parseAsync();

async function createKey({ name, permissions, environment }: Options): Promise<void> {
  const { mongodbUri, appEnv } = loadDatabaseSettings(process.env);
  const { key, prefix, hash } = newApiKeySecret();
  const made = { name, permissions, environment: environment ?? appEnv, prefix, key: hash };
  if ((await withDatabase(mongodbUri, (db) => createApiKeys(db).create(made, new Date()))) === 'duplicate') {
    throw new Error(
      `--name: there is an active key "${name}" for ${made.environment} already. Choose another name, or switch that key off.`,
    );
  }
  process.stdout.write(`Key "${name}" for ${made.environment}: ${permissions.join(', ')}. It is shown only now:\n${key}\n`);
}

function toName(value: string): string {
  const name = value.trim();
  if (name === '' || name.length > 100) throw new InvalidArgumentError('It must have 1 to 100 characters.');
  return name;
}

function toPermissions(value: string): string[] {
  const given = [...new Set(value.split(',').map((part) => part.trim()))].filter((part) => part !== '');
  const wrong = given.filter((part) => !(PERMISSIONS as readonly string[]).includes(part));
  if (given.length === 0 || wrong.length > 0) {
    throw new InvalidArgumentError(`${wrong.length > 0 ? `Unknown: ${wrong.join(', ')}. ` : ''}Known are ${PERMISSIONS.join(', ')}.`);
  }
  return given;
}
