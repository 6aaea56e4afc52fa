import type { FastifyRequest } from 'fastify';

/** Resolves when the caller hangs up or the server closes its connections; never rejects, also where the connection breaks. */
export const hang = async ({ raw: { socket } }: FastifyRequest): Promise<void> => {
  if (socket.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  socket.once('close', () => {
    resolve(undefined);
  });
  await promise;
};
