import type { FastifyReply } from 'fastify';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:15vh auto;padding:0 1rem;color:#1d2733}' +
  'label{display:block;margin:1rem 0}input{display:block;width:100%;box-sizing:border-box;padding:.5rem;font:inherit}' +
  'button{padding:.5rem 1.5rem;font:inherit}p[role=alert]{color:#a40000}';

const page = (title: string, body: string) =>
  `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">` +
  `<title>${title}</title><style>${STYLE}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`;

/** `base` is the board's path, `alert` what went wrong with the last try. Nothing that a visitor sent is in any of these pages. */
export const loginPage = (base: string, alert?: string) =>
  page(
    'DelAuto queues',
    `${alert === undefined ? '' : `<p role="alert">${alert}</p>`}<form method="post" action="${base}/login">` +
      '<label>E-mail <input name="email" type="email" autocomplete="username" required autofocus></label>' +
      '<label>Password <input name="password" type="password" autocomplete="current-password" required></label>' +
      '<button>Log in</button></form>',
  );

export const logoutPage = (base: string) =>
  page(
    'Log out',
    `<form method="post" action="${base}/logout"><button>Log out</button></form><p><a href="${base}/">Back to the queues</a></p>`,
  );

export const notLoggedInPage = (base: string) => page('Not logged in', `<p><a href="${base}/login">Log in</a> to see the queues.</p>`);

export const sendPage = (reply: FastifyReply, status: number, html: string) =>
  reply.code(status).type('text/html; charset=utf-8').send(html);
