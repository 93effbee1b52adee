import type { Count, Counter } from '../throttle/counter';
import type { MemoryCounter } from '../throttle/memory-counter';
import type { RedisLink } from './redis-link';

/**
 * Counts both in Redis and in this process, and uses the higher count. If Redis is down, slow or was flushed, the count
 * of this process still applies.
 */
export class InsuredCounter implements Counter {
  constructor(
    private readonly link: RedisLink,
    private readonly shared: Counter,
    private readonly own: MemoryCounter,
  ) {}

  async add(key: string, seconds?: number): Promise<Count> {
    const own = this.own.add(key, seconds);
    const shared = await this.link.run(async () => this.shared.add(key, seconds));
    return {
      total: Math.max(own.total, shared?.total ?? 0),
      takeBack: async () => {
        await own.takeBack();
        if (shared !== undefined) await this.link.run(() => shared.takeBack());
      },
      takeBackHere: () => own.takeBack(),
    };
  }

  async remainingMs(key: string): Promise<number> {
    const own = this.own.remainingMs(key);
    return Math.max(own, (await this.link.run(async () => this.shared.remainingMs(key))) ?? 0);
  }

  remainingMsHere(key: string): number {
    return this.own.remainingMs(key);
  }

  async renew(key: string): Promise<void> {
    await this.own.renew(key);
    await this.link.run(() => this.shared.renew(key));
  }

  async delete(key: string): Promise<void> {
    await this.own.delete(key);
    await this.link.run(() => this.shared.delete(key));
  }
}
