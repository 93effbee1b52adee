import { createHash, type Hash, pbkdf2Sync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { type Engine, Engines } from '../../../../src/passwords/work/engines';
import { HashPool } from '../../../../src/passwords/work/hash-pool';
import type { HashTask } from '../../../../src/passwords/work/hash-worker';
import { sha512Crypt } from '../../../../src/passwords/schemes/sha-crypt';
import { Passwords } from '../../../../src/passwords/passwords';
import { perform } from '../../../../src/passwords/work/perform';
import type { Work } from '../../../../src/passwords/work/work';

const COST = 8;
const SALT = Buffer.from('saltsalt');
const sha1 = createHash('sha1').update('secret').update(SALT).digest();

/** Hashes of "secret" that are cheaper than new ones. */
const CHEAP: Record<string, string> = {
  '{SSHA}': `{SSHA}${Buffer.concat([sha1, SALT]).toString('base64')}`,
  'bcrypt of cost 4': hashSync('secret', 4),
  'bcrypt of cost 7': hashSync('secret', 7),
  'marked bcrypt': `$hmac-sha256${hashSync('secret', 5)}`,
  "Django's bcrypt_sha256": `bcrypt_sha256$${hashSync(createHash('sha256').update('secret').digest('hex'), 5)}`,
};
const PBKDF2 = `pbkdf2_sha256$10$saltsalt$${pbkdf2Sync('secret', SALT, 10, 32, 'sha256').toString('base64')}`;

describe('The work of a refusal', () => {
  let folder: string;
  let pool: HashPool;
  let own: Passwords;
  const file = () => join(folder, 'costs');

  /** The rounds of bcrypt that the thread has done since the last look. */
  const rounds = (): number => {
    const costs = readFileSync(file(), 'utf8').split('\n').filter(Boolean).map(Number);
    writeFileSync(file(), '');
    return costs.reduce((sum, cost) => sum + 2 ** cost, 0);
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    process.env['SECUREST_TEST_COSTS'] = file();
    writeFileSync(file(), '');
    const engine = join(__dirname, '../../../fixtures/threads/counting-bcrypt.cjs') as Engine;
    pool = new HashPool({ engines: [engine], threads: 1 });
  });
  after(async () => {
    await pool.close();
    delete process.env['SECUREST_TEST_COSTS'];
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    own = new Passwords({ newHashes: { scheme: 'bcrypt', cost: COST }, pool });
  });

  it('is that of a new hash for the decoy', async () => {
    expect(await own.verify('wrong', own.decoy())).to.equal(false);
    expect(rounds()).to.equal(2 ** COST);
  });

  for (const [what, hash] of Object.entries(CHEAP)) {
    it(`is that of a new hash for ${what}`, async () => {
      expect(await own.verify('wrong', hash)).to.equal(false);
      expect(rounds()).to.equal(2 ** COST);
    });

    it(`is that of a new hash for ${what} and passwords that cannot match`, async () => {
      for (const password of ['', 'se\0cret', '\ud800', 'x'.repeat(1025), 'x'.repeat(100_000)]) {
        expect(await own.verify(password, hash)).to.equal(false);
        expect(rounds(), JSON.stringify(password.slice(0, 8))).to.equal(2 ** COST);
      }
    });
  }

  it('is nearly that of a new hash for a little work of another kind', async () => {
    expect(await own.verify('wrong', PBKDF2)).to.equal(false);
    expect(rounds()).to.be.within(0.7 * 2 ** COST, 2 ** COST);
  });

  it('is owed by no right password', async () => {
    const hash = CHEAP['bcrypt of cost 4']!;
    expect(await own.verify('secret', hash)).to.equal(true);
    expect(rounds()).to.equal(2 ** 4);
  });

  it('is owed by a right password too where the answer is a refusal in any case', async () => {
    const hash = CHEAP['bcrypt of cost 4']!;
    expect(await own.verify('secret', hash, undefined, true)).to.equal(true);
    expect(rounds()).to.equal(2 ** COST);
  });

  it('is that of the dearest hash that was met, for all', async () => {
    await own.verify('wrong', hashSync('secret', COST + 1));
    rounds();
    for (const hash of [own.decoy(), CHEAP['{SSHA}']!, hashSync('secret', COST)]) {
      await own.verify('wrong', hash);
      expect(rounds()).to.equal(2 ** (COST + 1));
    }
  });

  it('is for a long password that of the hash that is dearest for it, whoever is asked for', async () => {
    const floors: unknown[] = [];
    class Recording extends HashPool {
      override run(task: HashTask, signal?: AbortSignal): Promise<unknown> {
        if (task.kind === 'verify') floors.push(task.floor?.kind);
        return super.run(task, signal);
      }
    }
    const recording = new Recording({ threads: 1 });
    own = new Passwords({ newHashes: { scheme: 'bcrypt', cost: COST }, pool: recording });
    const known = `$6$saltstring$${'.'.repeat(86)}`;
    for (const password of ['short', 'x'.repeat(1024)]) {
      for (const hash of [known, own.decoy()]) await own.verify(password, hash);
    }
    expect(floors).to.deep.equal(['bcrypt', 'bcrypt', 'sha-crypt', 'sha-crypt']);
    await recording.close();
  });

  it('is not taken from hashes that cannot be read', async () => {
    await own.verify('wrong', hashSync('secret', 4).replace('$04$', '$31$'));
    await own.verify('wrong', own.decoy());
    expect(rounds()).to.equal(2 ** COST);
  });
});

describe('perform', () => {
  const engines = new Engines({ engines: ['bcrypt', 'bcryptjs'], argon2: 'argon2' });
  const cases: [kind: Work, units: number, done: number][] = [
    [{ kind: 'bcrypt', units: 0 }, 2 ** 7 - 2 ** 4, 2 ** 7 - 2 ** 4],
    [{ kind: 'bcrypt', units: 0 }, 7, 0],
    [{ kind: 'scrypt', blockSize: 8, units: 0 }, 1023, 1024],
    [{ kind: 'scrypt', blockSize: 1, units: 0 }, 600, 600],
    [{ kind: 'scrypt', blockSize: 1, units: 0 }, 2 ** 17 + 2 ** 15, 2 ** 17 + 2 ** 15],
    [{ kind: 'pbkdf2', digest: 'sha512', units: 0 }, 999.6, 1000],
    [{ kind: 'sha-crypt', digest: 'sha256', units: 0 }, 17, 17],
    [{ kind: 'argon2', memoryKib: 64, lanes: 1, units: 0 }, 150, 150],
    [{ kind: 'argon2', memoryKib: 64, lanes: 4, units: 0 }, 150, 128],
    [{ kind: 'none', units: 0 }, 100, 0],
  ];
  for (const [kind, units, done] of cases) {
    it(`does ${String(done)} units of ${JSON.stringify(kind)} for ${String(units)}`, async () => {
      expect(await perform(kind, units, engines, 'secret')).to.equal(done);
      for (const none of [0, -5]) expect(await perform(kind, none, engines, 'secret')).to.equal(0);
    });
  }

  it('hashes for SHA-crypt as many bytes as a verification does, for a long password too', async () => {
    const kind = { kind: 'sha-crypt', digest: 'sha512', units: 0 } as const;
    const hash = `$6$saltsaltsaltsalt$${'.'.repeat(86)}`;
    const hasher = Object.getPrototypeOf(createHash('sha512')) as Hash;
    const { update } = hasher;
    const bytesHashed = async (work: () => unknown): Promise<number> => {
      let bytes = 0;
      hasher.update = function (this: Hash, data: Buffer) {
        bytes += data.length;
        return (update as (data: Buffer) => Hash).call(this, data);
      } as Hash['update'];
      try {
        await work();
      } finally {
        hasher.update = update;
      }
      return bytes;
    };
    const seen: number[] = [];
    for (const password of ['short', 'x'.repeat(1024)]) {
      const verified = await bytesHashed(() => sha512Crypt.verify(password, hash, engines));
      expect(await bytesHashed(() => perform(kind, 5000, engines, password))).to.equal(verified);
      seen.push(verified);
    }
    expect(seen[1]).to.be.greaterThan(4 * seen[0]!);
  });
});
