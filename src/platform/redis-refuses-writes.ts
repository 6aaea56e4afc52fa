/** Redis's first words when it takes no write although it answers: memory full under `noeviction`, its file cannot be written, made a replica. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
const REFUSALS = /\b(OOM|MISCONF|READONLY|NOREPLICAS) /;

/** Whether this error says that Redis is there and takes no writes. A repeat succeeds once an operator has seen to it; nothing was written. */
export function redisRefusesWrites(error: unknown): boolean {
  // By name: BullMQ and we may have loaded two copies of the client.
  return error instanceof Error && error.name === 'ReplyError' && REFUSALS.test(error.message);
}
