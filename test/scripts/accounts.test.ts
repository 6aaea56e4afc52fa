import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '#scripts/migrations/migrator.ts';
import { createAgents } from '#src/db/repositories/agents.ts';
import { createApiKeys } from '#src/db/repositories/api-keys.ts';
import { hashOfKey } from '#src/http/auth/key-format.ts';
import { verifyPassword } from '#src/http/board/passwords.ts';
import { runScript } from '#test/support/run-script.ts';
import { freshMongoUri } from '#test/support/services.ts';

const uri = freshMongoUri();
const client = new MongoClient(uri);
beforeAll(async () => {
  await migrate(client.db());
});
afterAll(() => client.close());

const PASSWORD = 'correct horse battery staple';

describe('keys:create', () => {
  const create = (args: string[], env: Record<string, string> = {}) =>
    runScript('scripts/keys-create.ts', args, { MONGODB_URI: uri, ...env });

  it('prints the key once, as the last line, and stores its hash alone', async () => {
    const made = await create(['--name', 'shop', '--permissions', 'deliveries:read,deliveries:write'], { APP_ENV: 'staging' });
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const key = made.lines.at(-1) ?? '';
    expect(key).toMatch(/^dla_[a-z0-9]{8}_/);
    expect(made.stdout.split(key)).toHaveLength(2);
    expect(await createApiKeys(client.db()).findByHash(hashOfKey(key))).toMatchObject({
      environment: 'staging',
      permissions: ['deliveries:read', 'deliveries:write'],
      active: true,
      rateLimit: { requests: 1000, periodMs: 900_000 },
    });
    const stored = await client.db().collection('apikeys').findOne({ name: 'shop' });
    expect(stored).toMatchObject({ prefix: key.slice(4, 12), usage_count: 0 });
    expect(JSON.stringify(stored)).not.toContain(key.slice(13));
  });

  it('makes no second key of a name in the same environment', async () => {
    const args = ['--name', 'twice', '--permissions', 'deliveries:read', '--environment'];
    expect((await create([...args, 'production'])).code).toBe(0);
    expect((await create([...args, 'staging'])).code).toBe(0);
    const again = await create([...args, 'production']);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/^error: --name: there is an active key "twice" for production already/);
  });

  it.each([
    [['--permissions', 'deliveries:read'], '--name'],
    [['--name', 'x'], '--permissions'],
    [['--name', ' ', '--permissions', 'deliveries:read'], '--name'],
    [['--name', 'x', '--permissions', 'deliveries:read,all'], 'Unknown: all'],
    [['--name', 'x', '--permissions', ','], '--permissions'],
    [['--name', 'x', '--permissions', 'deliveries:read', '--environment', 'moon'], '--environment'],
  ])('says which option is wrong: %j', async (args, words) => {
    const { code, stdout, stderr } = await create(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('says what is missing from the environment', async () => {
    const { code, stderr } = await runScript('scripts/keys-create.ts', ['--name', 'x', '--permissions', 'deliveries:read'], {});
    expect(code).toBe(1);
    expect(stderr).toContain('MONGODB_URI: is missing');
  });
});

describe('agents:create', () => {
  const given = { name: 'Ada Admin', email: 'Ada@Example.com', phone: '+1 202 555 0101', role: 'admin' };
  const create = (changes: Partial<typeof given> = {}, password = `${PASSWORD}\n`, more = ['--password-stdin']) => {
    const args = Object.entries({ ...given, ...changes }).flatMap(([name, value]) => [`--${name}`, value]);
    return runScript('scripts/agents-create.ts', [...args, ...more], { MONGODB_URI: uri }, password);
  };

  it('stores what a login needs, the password as a hash', async () => {
    const made = await create();
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const stored = await createAgents(client.db()).findByEmail('ada@example.com');
    expect(stored).toMatchObject({ id: made.lines.at(-1), boardAccess: 'full', active: true });
    expect(stored?.password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verifyPassword(stored?.password, PASSWORD)).toBe(true);
    expect(await verifyPassword(stored?.password, `${PASSWORD} `)).toBe(false);
    expect(await client.db().collection('agents').findOne({ email: 'ada@example.com' })).toMatchObject({
      phone: '+12025550101',
      login_count: 0,
    });
  });

  it('lets one who is no administrator look at the board, if told so', async () => {
    const look = ['--password-stdin', '--board-access', 'read'];
    const reader = { email: 'reader@example.com', phone: '+12025550120', role: 'agent' };
    expect(await create(reader, PASSWORD, look)).toMatchObject({ code: 0, stderr: '' });
    expect(await createAgents(client.db()).findByEmail(reader.email)).toMatchObject({ boardAccess: 'read' });
    const driver = { email: 'driver@example.com', phone: '+12025550121', role: 'agent' };
    expect(await create(driver)).toMatchObject({ code: 0 });
    expect(await createAgents(client.db()).findByEmail(driver.email)).toMatchObject({ boardAccess: null });

    const admin = await create({ email: 'both@example.com', phone: '+12025550122' }, PASSWORD, look);
    expect(admin).toMatchObject({ code: 1, stdout: '' });
    expect(admin.stderr).toContain('--board-access: administrators may do everything there');
    expect((await create(reader, PASSWORD, ['--password-stdin', '--board-access', 'full'])).stderr).toContain('--board-access');
  });

  it.each([
    ['email', { email: 'twin@example.com', phone: '+12025550102' }, { email: 'twin@example.com', phone: '+12025550103' }],
    ['phone', { email: 'first@example.com', phone: '+12025550104' }, { email: 'second@example.com', phone: '+12025550104' }],
  ])('makes no two with one %s', async (taken, one, other) => {
    expect((await create(one)).code).toBe(0);
    expect(await create(other)).toMatchObject({ code: 1, stdout: '', stderr: `error: --${taken}: another agent has it already.\n` });
  });

  it.each([
    [{ phone: '555' }, '--phone'],
    [{ email: 'ada' }, '--email'],
    [{ name: ' ' }, '--name'],
    [{ role: 'king' }, '--role'],
  ])('says which option is wrong: %j', async (changes, words) => {
    const { code, stdout, stderr } = await create(changes);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('wants a password that is long enough, and by standard input only', async () => {
    expect((await create({}, 'short\n')).stderr).toBe('error: --password-stdin: the password must have 12 to 1024 characters.\n');
    expect((await create({}, PASSWORD, [])).stderr).toContain('--password-stdin');
  });
});

describe('the push subscription of a driver', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'subscriptions-'));
    return () => rm(folder, { recursive: true });
  });

  const keys = { p256dh: randomBytes(65).toString('base64url'), auth: randomBytes(16).toString('base64url') };
  const endpoint = 'https://fcm.googleapis.com/fcm/send/one';
  let files = 0;
  const fileWith = async (content: string) => {
    files += 1;
    const file = path.join(folder, `${files}.json`);
    await writeFile(file, content);
    return file;
  };
  /** What `JSON.stringify(subscription)` gives in a browser. */
  const asInBrowser = (fields: object = {}) => fileWith(JSON.stringify({ endpoint, expirationTime: null, keys, ...fields }));
  const create = async (email: string, phone: string, more: string[] = []) => {
    const given = ['--name', 'Dora', '--email', email, '--phone', phone, '--role', 'agent', '--password-stdin', ...more];
    return runScript('scripts/agents-create.ts', given, { MONGODB_URI: uri }, PASSWORD);
  };
  const subscribe = (email: string, file: string, env: Record<string, string> = {}) =>
    runScript('scripts/agents-subscribe.ts', ['--email', email, '--push-subscription', file], { MONGODB_URI: uri, ...env });
  const stored = async (email: string) =>
    (await client.db().collection('agents').findOne({ email }))?.['push_subscription'] as object | undefined;

  it('comes with a new agent', async () => {
    expect(await create('new@example.com', '+12025550110', ['--push-subscription', await asInBrowser()])).toMatchObject({ code: 0 });
    expect(await stored('new@example.com')).toEqual({ endpoint, keys });
  });

  it('is given to an agent who is there, and replaced', async () => {
    const made = await create('there@example.com', '+12025550111');
    expect(await stored('there@example.com')).toBeUndefined();
    const done = await subscribe('There@Example.com', await asInBrowser());
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.lines.at(-1)).toBe(made.lines.at(-1));
    expect(await stored('there@example.com')).toEqual({ endpoint, keys });
    const other = 'https://updates.push.services.mozilla.com/wpush/two';
    expect(await subscribe('there@example.com', await asInBrowser({ endpoint: other }))).toMatchObject({ code: 0 });
    expect(await stored('there@example.com')).toEqual({ endpoint: other, keys });
    expect(done.stdout).not.toContain(keys.auth);
  });

  it('belongs to an agent', async () => {
    const { code, stderr } = await subscribe('nobody@example.com', await asInBrowser());
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: --email: no agent has it.\n' });
  });

  it('may name the hosts of PUSH_ALLOWED_HOSTS only', async () => {
    await create('hosts@example.com', '+12025550112');
    const file = await asInBrowser({ endpoint: 'https://push.example.com/one' });
    expect((await subscribe('hosts@example.com', file)).stderr).toContain('at none of PUSH_ALLOWED_HOSTS');
    expect(await stored('hosts@example.com')).toBeUndefined();
    expect(await subscribe('hosts@example.com', file, { PUSH_ALLOWED_HOSTS: 'push.example.com' })).toMatchObject({ code: 0 });
  });

  it.each([
    ['which field is wrong', () => asInBrowser({ keys: { ...keys, auth: 'short' } }), 'Wrong: keys.auth.'],
    ['that the address is not by TLS', () => asInBrowser({ endpoint: 'http://fcm.googleapis.com/one' }), 'Wrong: endpoint.'],
    ['that it is no JSON', () => fileWith(`{"auth": "${keys.auth}"`), 'It is not JSON.'],
    ['that there is no file', async () => path.join(folder, 'none.json'), 'It cannot be read.'],
  ])('says %s', async (_, file, words) => {
    for (const { code, stdout, stderr } of [
      await subscribe('there@example.com', await file()),
      await create('wrong@example.com', '+12025550113', ['--push-subscription', await file()]),
    ]) {
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('--push-subscription');
      expect(stderr).toContain(words);
      expect(stderr).not.toContain(keys.auth);
      expect(stderr).not.toMatch(/^ +at /m);
    }
    expect(await stored('wrong@example.com')).toBeUndefined();
  });
});
