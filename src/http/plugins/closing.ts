import type { App } from '#src/http/app-type.ts';

const LOOK_EVERY = 50;

/**
 * Closing waits for the requests under way, and for nothing else. Node alone waits for every open connection: one whose answer said keep-alive a
 * moment too late, or that a browser opened in advance and never used, holds a deploy up for 72 s (measured).
 */
export function registerClosing(app: App): void {
  let underWay = 0;
  let closing = false;

  app.addHook('onRequest', (_request, _reply, done) => {
    underWay += 1;
    done();
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', (_request, _reply, done) => {
    underWay -= 1;
    done();
  });
  app.addHook('preClose', (done) => {
    closing = true;
    const timer = setInterval(() => {
      if (underWay === 0) app.server.closeAllConnections();
    }, LOOK_EVERY);
    app.server.once('close', () => clearInterval(timer));
    timer.unref();
    done();
  });
}
