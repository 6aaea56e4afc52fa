/** `npm run agents:subscribe`: says where a driver's push messages go, in the database of MONGODB_URI. */
import { Command } from 'commander';
import { ObjectId } from 'mongodb';
import { loadDatabaseSettings } from '#src/config/database-settings.ts';
import { createAgents } from '#src/db/repositories/agents.ts';
import { createDrivers } from '#src/db/repositories/drivers.ts';
import { createTime } from '#src/platform/time.ts';
import type { PushSubscription } from '#src/providers/push-subscription.ts';
import { orSayWhy, withDatabase } from './accounts/database.ts';
import { toEmail } from './accounts/email.ts';
import { pushSubscriptionOption } from './accounts/push-subscription.ts';

interface Options {
  email: string;
  pushSubscription: PushSubscription;
}

const program = new Command('agents:subscribe')
  .description("Says where an agent's push messages go. It replaces what was said before.")
  .requiredOption('--email <address>', 'whose', toEmail)
  .addOption(pushSubscriptionOption().makeOptionMandatory())
  .action((options: Options) => orSayWhy(() => subscribe(options)));
await program.parseAsync();

async function subscribe({ email, pushSubscription }: Options): Promise<void> {
  const { mongodbUri } = loadDatabaseSettings(process.env);
  const id = await withDatabase(mongodbUri, async (db) => {
    const agent = await createAgents(db).findByEmail(email);
    const drivers = createDrivers(db, createTime({ scale: 1, anchorMs: 0, offsetMs: 0 }));
    return agent && (await drivers.subscribe(new ObjectId(agent.id), pushSubscription)) ? agent.id : null;
  });
  if (id === null) throw new Error('--email: no agent has it.');
  process.stdout.write(`Push messages for "${email}" go to ${new URL(pushSubscription.endpoint).host} from now on:\n${id}\n`);
}
