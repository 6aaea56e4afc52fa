import type { FastifyInstance } from 'fastify';

/** Listens on the machine itself only, on a free port where none (0) is given. Returns the port. */
export const listen = async (app: FastifyInstance, port: number): Promise<number> => {
  await app.listen({ host: '127.0.0.1', port });
  const [address] = app.addresses();
  if (typeof address !== 'object') throw new Error('the server did not start to listen');
  return address.port;
};
