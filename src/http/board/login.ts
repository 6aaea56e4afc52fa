import { z } from 'zod';
import type { AgentAccount, Agents } from '#src/db/repositories/agents.ts';
import type { App } from '#src/http/app-type.ts';
import type { Audit } from './audit.ts';
import { loginPage, logoutPage, sendPage } from './pages.ts';
import { verifyPassword } from './passwords.ts';
import type { Sessions } from './session.ts';
import type { LoginThrottle } from './throttle.ts';

const Credentials = z.object({ email: z.string().trim().toLowerCase().min(3).max(254), password: z.string().min(1).max(1024) });

interface Options {
  base: string;
  agents: Pick<Agents, 'findByEmail' | 'recordLogin'>;
  sessions: Sessions;
  throttle: LoginThrottle;
  audit: Audit;
  now: () => Date;
}

/** The pages that are open to those who have no session yet: GET and POST /login, GET and POST /logout. */
export function registerLogin(scope: App, { base, agents, sessions, throttle, audit, now }: Options): void {
  scope.get('/login', { schema: { hide: true } }, (_request, reply) => sendPage(reply, 200, loginPage(base)));
  scope.get('/logout', { schema: { hide: true } }, (_request, reply) => sendPage(reply, 200, logoutPage(base)));

  const refuse = async (account: AgentAccount | null, status: number, reason: string) => {
    await audit({ actor: account?.id ?? 'unknown', action: 'board.login_refused', details: { reason } });
    return { status, reason };
  };

  /** The agent's id, or why not. */
  const check = async (email: string, password: string) => {
    const account = await agents.findByEmail(email);
    const right = await verifyPassword(account?.password, password);
    if (!account || !right) return refuse(account, 401, 'The e-mail or the password is wrong.');
    if (!account.active) return refuse(account, 403, 'This account is switched off.');
    if (account.boardAccess === null) return refuse(account, 403, 'This account has no access to the board.');
    return account.id;
  };

  // Not by the route's schema: a person reads the answer, so it is a page and no problem document.
  scope.post('/login', { schema: { hide: true } }, async (request, reply) => {
    const given = Credentials.safeParse(request.body);
    if (!given.success) return sendPage(reply, 400, loginPage(base, 'Enter an e-mail and a password.'));
    const { email, password } = given.data;

    const waitSeconds = await throttle.attempt(email, request.ip);
    if (waitSeconds > 0) {
      await audit({ actor: 'unknown', action: 'board.login_throttled' });
      return sendPage(reply.header('retry-after', String(waitSeconds)), 429, loginPage(base, 'Too many attempts. Try again later.'));
    }
    const checked = await throttle.guarded(() => check(email, password));
    if (checked === null) return sendPage(reply.header('retry-after', '1'), 503, loginPage(base, 'Too many logins at once. Try again.'));
    if (typeof checked !== 'string') return sendPage(reply, checked.status, loginPage(base, checked.reason));

    await Promise.all([
      throttle.forget(email, request.ip).catch(() => undefined), // Redis is away: the count ends by itself
      agents.recordLogin(checked, now()),
      audit({ actor: checked, action: 'board.login' }),
    ]);
    sessions.start(reply, checked);
    return reply.redirect(`${base}/`, 303);
  });

  scope.post('/logout', { schema: { hide: true } }, async (request, reply) => {
    const agentId = sessions.agentOf(request);
    if (agentId !== null) await audit({ actor: agentId, action: 'board.logout' });
    sessions.end(reply);
    return reply.redirect(`${base}/login`, 303);
  });
}
