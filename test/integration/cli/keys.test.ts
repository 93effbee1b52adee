import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KeyFile } from '../../../src/tokens/key-file';
import { compiled, type Ended, runCommand } from '../../support/compiled';

const NOW = Date.parse('2030-01-01T00:00:00.000Z');
const HOUR = 3_600_000;

interface Key {
  readonly algorithm: string;
  readonly kid: string;
  readonly signFrom?: string;
  readonly until?: string;
}

describe('securest keys', function () {
  this.timeout(60_000);
  let folder: string;
  let file: string;
  before(() => compiled(''));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-'));
    file = join(folder, 'keys.json');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const run = (now: number, ...args: string[]): Promise<Ended> =>
    runCommand(['keys', ...args], { cwd: folder, now });
  const keysIn = (): Key[] => (JSON.parse(readFileSync(file, 'utf8')) as { keys: Key[] }).keys;
  const iso = (ms: number): string => new Date(ms).toISOString();

  for (const algorithm of ['EdDSA', 'ES256', 'RS256', 'HS256']) {
    it(`makes a file of ${algorithm} that its owner alone may read and KeyFile takes`, async () => {
      const args = [
        'new',
        'keys.json',
        '--json',
        ...(algorithm === 'EdDSA' ? [] : ['--algorithm', algorithm]),
      ];
      const { code, out } = await runCommand(['keys', ...args], { cwd: folder });
      const { kid } = JSON.parse(out) as { kid: string };
      expect([code, kid]).to.deep.equal([0, keysIn()[0]?.kid]);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      const keys = new KeyFile({ path: file });
      keys.close();
      const published = keys.jwks().keys.map((key) => [key.kid, key.alg]);
      expect(published).to.deep.equal(algorithm === 'HS256' ? [] : [[kid, algorithm]]);
      expect(out).to.not.match(/"[dk]"/);
      expect(readdirSync(folder)).to.deep.equal(['keys.json']);
    });
  }

  it('never overwrites a file', async () => {
    writeFileSync(file, 'mine');
    const { code, err } = await run(NOW, 'new', 'keys.json');
    expect([code, readFileSync(file, 'utf8')]).to.deep.equal([1, 'mine']);
    expect(err).to.include('exists already');
  });

  it('rotates: the new key signs in an hour, the present one ends 24 hours after that, and is dropped then', async () => {
    await run(NOW, 'new', 'keys.json');
    const [first] = keysIn();
    expect((await run(NOW, 'rotate', 'keys.json')).code).to.equal(0);
    const [second, old] = keysIn();
    expect(second?.signFrom).to.equal(iso(NOW + HOUR));
    expect([old?.kid, old?.until]).to.deep.equal([first?.kid, iso(NOW + 25 * HOUR)]);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    await run(NOW + 24 * HOUR, 'rotate', 'keys.json', '--in', '30m', '--keep', '2h', '--algorithm', 'ES256');
    expect(keysIn().map(({ algorithm, signFrom, until }) => [algorithm, signFrom, until])).to.deep.equal([
      ['ES256', iso(NOW + 24.5 * HOUR), undefined],
      ['EdDSA', iso(NOW + HOUR), iso(NOW + 26.5 * HOUR)],
      ['EdDSA', iso(NOW), iso(NOW + 25 * HOUR)],
    ]);
    const { out } = await run(NOW + 25 * HOUR, 'rotate', 'keys.json', '--json');
    expect(JSON.parse(out)).to.include({ dropped: 1, replaced: 1 });
    expect(keysIn().map(({ kid }) => kid)).to.not.include(first?.kid);
  });

  it('keeps all keys of rotations at once, and a key for later its beginning', async () => {
    await run(NOW, 'new', 'keys.json');
    const results = await Promise.all(
      Array.from({ length: 4 }, () => run(NOW, 'rotate', 'keys.json', '--in', '1h')),
    );
    expect(results.map(({ code }) => code)).to.deep.equal([0, 0, 0, 0]);
    expect(new Set(keysIn().map(({ kid }) => kid)).size).to.equal(5);
    await run(NOW, 'rotate', 'keys.json', '--in', '10m', '--keep', '5m');
    expect(keysIn().filter(({ until }) => until === undefined)).to.have.lengthOf(2);
    expect(readdirSync(folder)).to.deep.equal(['keys.json']);
  });

  it('refuses a gap in which no key would sign, and helps when none signs any more', async () => {
    await run(NOW, 'new', 'keys.json');
    const [key] = keysIn();
    writeFileSync(file, JSON.stringify({ keys: [{ ...key, until: iso(NOW + HOUR / 2) }] }));
    const before = readFileSync(file, 'utf8');
    const { code, err } = await run(NOW, 'rotate', 'keys.json');
    expect([code, readFileSync(file, 'utf8')]).to.deep.equal([1, before]);
    expect(err).to.include('--in');
    expect((await run(NOW + HOUR, 'rotate', 'keys.json')).code).to.equal(1);
    expect((await run(NOW + HOUR, 'rotate', 'keys.json', '--in', '0')).code).to.equal(0);
    expect(keysIn()).to.have.lengthOf(1);
  });

  it('leaves a file alone that it cannot read, and says nothing of its content', async () => {
    await run(NOW, 'new', 'keys.json');
    const good = readFileSync(file, 'utf8');
    for (const bad of [
      'canary',
      '[]',
      '{"keys":{}}',
      '{"keys":[],"canary":1}',
      good.replace('"x"', '"canary"'),
      good.replace(/"signFrom": "[^"]+"/, '"signFrom": "2030-02-30T00:00:00Z"'),
      good.replace(/"signFrom": "[^"]+",/, ''),
    ]) {
      writeFileSync(file, bad);
      const { code, out, err } = await run(NOW, 'rotate', 'keys.json');
      expect([code, readFileSync(file, 'utf8')], bad).to.deep.equal([2, bad]);
      if (!bad.startsWith('{"keys":[]')) expect(out + err).to.not.include('canary');
      expect(() => new KeyFile({ path: file })).to.throw(/keys\.json/);
    }
    expect((await run(NOW, 'rotate', 'missing.json')).code).to.equal(2);
    for (const args of [
      ['rotate'],
      ['new'],
      ['new', 'x', 'y'],
      ['rotate', 'x', '--in', '1x'],
      ['rotate', 'x', '--keep', '401d'],
      ['new', 'x', '--algorithm', 'none'],
    ]) {
      expect((await run(NOW, ...args)).code, args.join(' ')).to.equal(2);
    }
  });
});
