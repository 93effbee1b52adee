import { inspect } from 'node:util';
import { expect } from 'chai';
import { ConfigurationError } from '../../../src';
import { PasskeyService, type PasskeyServiceOptions } from '../../../src/passkeys';
import { passkeyController } from '../../../src/passkeys';
import { PlainPasskeys } from '../../support/plain-passkeys';

const GOOD: PasskeyServiceOptions = {
  store: new PlainPasskeys(),
  secret: 'a secret of more than thirty-two bytes',
  rpId: 'app.example',
  origins: ['https://app.example'],
};

describe('The options of a PasskeyService', () => {
  const made = (change: object) => () => new PasskeyService({ ...GOOD, ...change });

  it('take domains, hosts below them, and plain http on this machine', () => {
    for (const change of [
      {},
      { origins: ['https://app.example', 'https://www.app.example:8443'] },
      { rpId: 'example', origins: ['https://app.example'] },
      { rpId: 'localhost', origins: ['http://localhost:3000', 'http://app.localhost'] },
      { rpId: '127.0.0.1', origins: ['http://127.0.0.1:3000'] },
      { rpId: 'xn--bcher-kva.example', origins: ['https://xn--bcher-kva.example'] },
      { secret: ['a'.repeat(32), 'b'.repeat(32)] },
      { maxPerUser: 1, challengeSeconds: 30, rpName: 'Notes', clock: () => 0 },
      { maxPerUser: 100, challengeSeconds: 600 },
    ]) {
      expect(made(change), inspect(change)).not.to.throw();
    }
  });

  it('refuse what would leave a protection off, without saying a value', () => {
    const short = 'thirty-one bytes are not enough';
    for (const change of [
      { store: undefined },
      { store: {} },
      { secret: undefined },
      { secret: '' },
      { secret: short },
      { secret: [] },
      { secret: [short] },
      { secret: ['a'.repeat(32), short] },
      { secret: 7 },
      { rpId: undefined },
      { rpId: '' },
      { rpId: 'App.example' },
      { rpId: 'https://app.example' },
      { rpId: 'app.example:443' },
      { rpId: 'app.example.' },
      { rpId: '.app.example' },
      { rpId: 'app.example/' },
      { rpId: 'bücher.example', origins: ['https://xn--bcher-kva.example'] },
      { origins: undefined },
      { origins: [] },
      { origins: 'https://app.example' },
      { origins: ['https://app.example/'] },
      { origins: ['https://app.example/path'] },
      { origins: ['https://APP.example'] },
      { origins: ['https://app.example:443'] },
      { origins: ['app.example'] },
      { origins: ['https://evilapp.example'] },
      { origins: ['https://app.example.evil.example'] },
      { origins: ['https://app.example', 'https://evil.example'] },
      { origins: ['https://example'] },
      { origins: ['http://app.example'] },
      { origins: ['https://*.app.example'] },
      { origins: ['android:apk-key-hash:AAAA'] },
      { origins: ['null'] },
      { origins: [, 'https://app.example'] }, // eslint-disable-line no-sparse-arrays -- a hole is no origin
      { maxPerUser: 0 },
      { maxPerUser: 101 },
      { challengeSeconds: 29 },
      { challengeSeconds: 601 },
      { challengeSeconds: 60.5 },
      { rpName: '' },
      { clock: 0 },
      { origin: 'https://app.example' },
      null,
    ]) {
      const construct = change === null ? () => new PasskeyService(null as never) : made(change);
      expect(construct, inspect(change))
        .to.throw(ConfigurationError)
        .with.property('message')
        .that.does.not.contain(short);
    }
  });

  it('show nothing of the secret', () => {
    expect(inspect(new PasskeyService(GOOD), { depth: 9, showHidden: true })).not.to.contain(
      'thirty-two bytes',
    );
  });
});

describe('The options of passkeyController()', () => {
  class Passkeys {}
  it('are checked when it is made', () => {
    for (const options of [
      undefined,
      {},
      { passkeys: Passkeys },
      { sessions: Passkeys },
      { passkeys: Passkeys, sessions: Passkeys, path: 'passkeys' },
      { passkeys: Passkeys, sessions: Passkeys, path: '/:id' },
      { passkeys: Passkeys, sessions: Passkeys, home: '/' },
    ]) {
      expect(() => passkeyController(options as never), inspect(options)).to.throw(ConfigurationError);
    }
  });
});
