/** Options of every schema: migrations build collections and indexes, never a model; and no call waits for a connection that is not there. */
export const CLOSED = { strict: true, autoIndex: false, autoCreate: false, bufferCommands: false } as const;
