/** `npm run agents:create`: adds a driver or an administrator to the database of MONGODB_URI. The password comes by standard input, where no process list shows it. */
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadDatabaseSettings } from '#src/config/database-settings.ts';
import { AGENT_ROLES, BOARD_ACCESS, type AgentDoc, type AgentRole } from '#src/db/models/agents.ts';
import { createAgents } from '#src/db/repositories/agents.ts';
import { toE164 } from '#src/domain/phone.ts';
import { hashPassword } from '#src/http/board/passwords.ts';
import type { PushSubscription } from '#src/providers/push-subscription.ts';
import { orSayWhy, withDatabase } from './accounts/database.ts';
import { toEmail } from './accounts/email.ts';
import { pushSubscriptionOption } from './accounts/push-subscription.ts';

interface Options {
  name: string;
  email: string;
  phone: string;
  role: AgentRole;
  boardAccess?: AgentDoc['board_access'];
  pushSubscription?: PushSubscription;
}

const PASSWORD = { min: 12, max: 1024 };

const program = new Command('agents:create')
  .description('Adds an agent. Administrators may log in to the board; others may be let in to look at it.')
  .requiredOption('--name <name>', 'full name', toName)
  .requiredOption('--email <address>', 'what the agent logs in with', toEmail)
  .requiredOption('--phone <number>', 'with its country code, such as +12025550100', toPhone)
  .addOption(new Option('--role <role>', 'what the agent may do').choices(AGENT_ROLES).makeOptionMandatory())
  .addOption(new Option('--board-access <access>', 'what one who is no administrator may do on the board').choices(BOARD_ACCESS))
  .addOption(pushSubscriptionOption())
  .requiredOption('--password-stdin', `read the password (${PASSWORD.min} characters or more) from standard input`)
  .action((options: Options) => orSayWhy(() => createAgent(options)));
await program.parseAsync();

async function createAgent({ name, email, phone, role, boardAccess, pushSubscription }: Options): Promise<void> {
  if (role === 'admin' && boardAccess) throw new Error('--board-access: administrators may do everything there; give the role "agent".');
  const { mongodbUri } = loadDatabaseSettings(process.env);
  const password = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password.length < PASSWORD.min || password.length > PASSWORD.max) {
    throw new Error(`--password-stdin: the password must have ${PASSWORD.min} to ${PASSWORD.max} characters.`);
  }
  const agent = {
    ...{ name, email, phone, role, password: await hashPassword(password) },
    ...(boardAccess ? { board_access: boardAccess } : {}),
    ...(pushSubscription ? { push_subscription: pushSubscription } : {}),
  };
  const made = await withDatabase(mongodbUri, (db) => createAgents(db).create(agent, new Date()));
  if ('taken' in made) throw new Error(`--${made.taken}: another agent has it already.`);
  process.stdout.write(`Agent "${name}" (${role}):\n${made.id}\n`);
}

function toName(value: string): string {
  const name = value.trim();
  if (name === '' || name.length > 100) throw new InvalidArgumentError('It must have 1 to 100 characters.');
  return name;
}

function toPhone(value: string): string {
  const phone = toE164(value);
  if (phone === null) throw new InvalidArgumentError('It must be a valid number with its country code, such as +12025550100.');
  return phone;
}
