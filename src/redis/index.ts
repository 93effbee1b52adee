/** What several machines share through Redis. Takes the app's own ioredis client; nothing here loads ioredis. */
export type { RedisClient } from './redis-client';
export { type RedisProofClient, RedisProofStore, type RedisProofStoreOptions } from './redis-proof-store';
export { RedisRevocationLog, type RedisRevocationLogOptions } from './redis-revocation-log';
export { RedisState, type RedisStateOptions } from './redis-state';
export { RedisThrottle } from './redis-throttle';
