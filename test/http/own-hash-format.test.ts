import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { ConfigurationError, type PasswordHasher, PasswordProvider, Passwords, type User } from '../../src';
import { basic, DRIVERS } from '../support/drivers';
import { eventually } from '../support/eventually';
import { cheapPasswords, hasherWith } from '../support/hashers';
import { reset } from '../support/reset';
import { CrashWatch, startApi } from '../support/scripted';

const CAPITALS = `legacy$${hashSync('SECRET', 4)}`;
const CURRENT = hashSync('secret', 4);
const SECRET = 'hunter2-canary';
const derive = promisify(pbkdf2);

/** Reads bcrypt of the password in capitals, and leaves the rest to securest. */
class LegacyHasher implements PasswordHasher {
  readonly #base = new Passwords({ newHashes: { scheme: 'bcrypt', cost: 4 } });

  verify(password: string, hash: string, signal?: AbortSignal, isRefused?: boolean): Promise<boolean> {
    if (!hash.startsWith('legacy$')) return this.#base.verify(password, hash, signal, isRefused);
    return this.#base.verify(password.toUpperCase(), hash.slice('legacy$'.length), signal, isRefused);
  }
  isReadable(hash: string): boolean {
    return this.#base.isReadable(hash.replace(/^legacy\$/, ''));
  }
  needsRehash(hash: string): boolean {
    return hash.startsWith('legacy$') || this.#base.needsRehash(hash);
  }
  hash(password: string): Promise<string> {
    return this.#base.hash(password);
  }
  decoy(): string {
    return this.#base.decoy();
  }
}

/** Computes a format that no scheme of securest knows: `own$<salt>$<digest>`. */
class OwnHasher extends LegacyHasher {
  override async verify(
    password: string,
    hash: string,
    signal?: AbortSignal,
    isRefused?: boolean,
  ): Promise<boolean> {
    const [, salt, digest] = /^own\$(\w{1,32})\$([0-9a-f]{64})$/.exec(hash) ?? [];
    if (salt === undefined || digest === undefined) return super.verify(password, hash, signal, isRefused);
    const made = await derive(password, salt, 1000, 32, 'sha256');
    const isRight = timingSafeEqual(made, Buffer.from(digest, 'hex'));
    const isDecoyRight = await super.verify(password, this.decoy(), signal, true);
    return isRight && !isDecoyRight;
  }
  override isReadable(hash: string): boolean {
    return /^own\$\w{1,32}\$[0-9a-f]{64}$/.test(hash) || super.isReadable(hash);
  }
  override needsRehash(hash: string): boolean {
    return hash.startsWith('own$') || super.needsRehash(hash);
  }
}

for (const driver of DRIVERS) {
  describe(`A hash format of an app on ${driver.name}`, () => {
    let stored: string;
    const lines: string[] = [];

    beforeEach(() => {
      reset();
      stored = CAPITALS;
      lines.length = 0;
    });

    class Users {
      getUser(name: string): User | null {
        return name === 'ann' ? { username: name, password: stored } : null;
      }
      updatePassword(_user: User, newHash: string, oldHash: string): boolean {
        if (stored !== oldHash) return false;
        stored = newHash;
        return true;
      }
    }

    const start = (passwords: PasswordHasher) => {
      class Password extends PasswordProvider {
        constructor() {
          super({ passwords, credentialCache: false, throttle: false });
        }
      }
      const log = (line: string): void => void lines.push(line);
      return startApi(driver, {
        security: {
          userstores: [Users],
          providers: [Password],
          logger: { info: log, warn: log, error: log },
          onEvent: (event) => void lines.push(JSON.stringify(event)),
        },
      });
    };

    for (const [what, hasher, make] of [
      ['wraps a known one', () => new LegacyHasher(), () => CAPITALS],
      [
        'is computed by the app',
        () => new OwnHasher(),
        async () => `own$salt$${(await derive('secret', 'salt', 1000, 32, 'sha256')).toString('hex')}`,
      ],
    ] as const) {
      it(`that ${what} logs in, and is replaced by a new hash`, async () => {
        const old = (stored = await make());
        await using api = await start(hasher());
        expect((await api.get('/guarded', basic('ann', 'wrong'))).status).to.equal(401);
        expect((await api.get('/guarded', basic('bob', 'secret'))).status).to.equal(401);
        expect(stored).to.equal(old);
        expect((await api.get('/guarded', basic('ann', 'secret'))).status).to.equal(200);
        await eventually(() => stored !== old);
        expect(stored).to.match(/^\$2b\$04\$/);
        expect((await api.get('/guarded', basic('ann', 'secret'))).status).to.equal(200);
        expect((await api.get('/guarded', basic('ann', 'SECRET'))).status).to.equal(401);
      });

      it(`that ${what} lets nobody in where the stored hash is damaged`, async () => {
        for (const damaged of [
          'legacy$',
          'legacy$legacy$',
          `legacy$${CAPITALS}`,
          'own$',
          'own$salt$00',
          `${CURRENT}x`,
        ]) {
          stored = damaged;
          reset();
          await using api = await start(hasher());
          expect((await api.get('/guarded', basic('ann', 'secret'))).status, damaged).to.equal(401);
          expect(lines.join('\n')).to.include('stored password hash cannot be read');
        }
      });
    }

    const fail = (): never => {
      throw new Error(SECRET);
    };
    const reject = (): never => Promise.reject(new Error(SECRET)) as never;
    const unreadable = { isReadable: (hash: string) => hash !== CURRENT && cheapPasswords.isReadable(hash) };
    const broken: Record<string, [statuses: number[], own: Partial<PasswordHasher>]> = {
      'verify throws': [[500, 500, 500], { verify: fail }],
      'verify rejects': [[500, 500, 500], { verify: reject }],
      'verify answers with a text': [[401, 401, 401], { verify: () => 'true' as never }],
      'verify answers with an object': [[401, 401, 401], { verify: () => Promise.resolve({}) as never }],
      'isReadable throws': [[401, 401, 401], { isReadable: fail }],
      'isReadable rejects': [[401, 401, 401], { isReadable: reject }],
      'isReadable answers with a text': [[401, 401, 401], { isReadable: () => 'no' as never }],
      'explain throws': [[401, 401, 401], { ...unreadable, explain: fail }],
      'explain rejects': [[401, 401, 401], { ...unreadable, explain: reject }],
      'needsRehash throws': [[200, 401, 401], { needsRehash: fail }],
      'needsRehash rejects': [[200, 401, 401], { needsRehash: reject }],
      'hash rejects': [[200, 401, 401], { hash: reject, needsRehash: () => true }],
    };
    for (const [what, [statuses, own]] of Object.entries(broken)) {
      it(`answers alike for known and unknown users, and tells no client why, where ${what}`, async () => {
        stored = CURRENT;
        using watch = new CrashWatch();
        await using api = await start(hasherWith(own, cheapPasswords));
        const replies = [
          await api.get('/guarded', basic('ann', 'secret')),
          await api.get('/guarded', basic('ann', 'wrong')),
          await api.get('/guarded', basic('bob', 'wrong')),
        ];
        expect(replies.map(({ status }) => status)).to.deep.equal(statuses);
        expect(JSON.stringify(replies)).to.not.include(SECRET);
        expect(stored).to.equal(CURRENT);
        if (statuses[0] === 200) await eventually(() => lines.join('').includes('could not be replaced'));
        expect(await watch.settled()).to.deep.equal([]);
      });
    }

    it('is refused at start without a decoy', async () => {
      for (const decoy of [fail, reject, () => null as never, () => '']) {
        const error: unknown = await start(hasherWith({ decoy })).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).to.be.instanceOf(ConfigurationError);
        expect(String(error)).to.include('decoy()').and.not.include(SECRET);
        reset();
      }
    });
  });
}
