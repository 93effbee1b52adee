/** What several machines share through Redis. Takes the app's own ioredis client; nothing here loads ioredis. */
export type { RedisClient } from './redis-client';
export { type RedisProofClient, RedisProofStore, type RedisProofStoreOptions } from './redis-proof-store';
export { RedisThrottle } from './redis-throttle';
