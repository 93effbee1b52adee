/** Stores that several machines share through Redis, with the app's own ioredis client. Nothing here loads ioredis. */
export type { RedisClient } from './redis-client';
export { type RedisProofClient, RedisProofStore, type RedisProofStoreOptions } from './redis-proof-store';
export { RedisRevocationLog, type RedisRevocationLogOptions } from './redis-revocation-log';
export { RedisState, type RedisStateOptions } from './redis-state';
export { RedisThrottle } from './redis-throttle';
