import { expect } from 'chai';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { ConfigurationError, StrongPassword } from '../../../src';
import { passwordFault } from '../../../src/account/password-strength';

const TOO_SHORT = 'must have at least 12 characters';
const COMMON = 'must not be a common password';
const NAME = 'must not be based on the user name';

const FAULTS: readonly [password: unknown, fault: string | undefined][] = [
  ['correct horse battery', undefined],
  ['x7-rT2!kQ9_z', undefined],
  ['twelve chars', undefined],
  ['eleven char', TOO_SHORT],
  ['', TOO_SHORT],
  ['\u{1f600}\u{1f601}\u{1f602}\u{1f603}\u{1f604}\u{1f605}', TOO_SHORT],
  ['\u{1f600}\u{1f601}\u{1f602}\u{1f603}\u{1f604}\u{1f605} of waves', undefined],
  [`${'é'.repeat(500)} of many byt`, undefined],
  [`${'é'.repeat(512)}x`, 'must have at most 1024 bytes'],
  ['x'.repeat(16 * 1024 * 1024), 'must have at most 1024 bytes'],
  ['correct\0horse', 'must not have control characters'],
  ['correct\nhorse', 'must not have control characters'],
  ['correct\u0085horse', 'must not have control characters'],
  ['correct\ud800horse', 'must not have control characters'],
  ['123456789012', COMMON],
  ['qwertyuiop12', COMMON],
  ['QWERTYUIOP12', COMMON],
  ['\uff31wertyuiop12', COMMON],
  ['password1234', COMMON],
  ['!sunshine2026!', COMMON],
  ['8305-1947-sunshine', undefined],
  ['2026sunshine', COMMON],
  ['aaaaaaaaaaaaaaaa', COMMON],
  ['abababababab', COMMON],
  ['alicealicealice', NAME],
  ['ALICE1234567', NAME],
  ['1234alice567', NAME],
  ['alice@example.com', NAME],
  ['alice likes the sea', undefined],
  ['wonderland-wonder', NAME],
  [undefined, 'must be a string'],
  [null, 'must be a string'],
  [123456789012, 'must be a string'],
  [['correct horse battery'], 'must be a string'],
  [{ length: 20 }, 'must be a string'],
];

describe('passwordFault', () => {
  for (const [password, fault] of FAULTS) {
    const shown = (JSON.stringify(password) as string | undefined)?.slice(0, 40) ?? 'undefined';
    it(`${shown} ${fault ?? 'will do'}`, () => {
      const names = ['Alice', 'wonderland@example.com', 'alice@example.com', undefined, null, 'al', ''];
      expect(passwordFault(password, 12, names)).to.equal(fault);
    });
  }

  it('takes other lengths', () => {
    expect(passwordFault('x7-rT2!k', 8, [])).to.equal(undefined);
    expect(passwordFault('correct horse', 20, [])).to.equal('must have at least 20 characters');
  });
});

describe('@StrongPassword', () => {
  class Registration {
    username?: string;
    email?: string;
    @StrongPassword() password?: string;
  }
  class Member {
    nick?: string;
    @StrongPassword({ minLength: 20, names: ['nick'] }, { message: 'too weak' }) secret?: string;
  }
  const messages = (object: object) =>
    validateSync(object).flatMap(({ constraints }) => Object.values(constraints ?? {}));

  it('says what is wrong without quoting it', () => {
    expect(messages(plainToInstance(Registration, { password: 'canary' }))).to.deep.equal([
      `password ${TOO_SHORT}`,
    ]);
    expect(messages(plainToInstance(Registration, {}))).to.deep.equal(['password must be a string']);
    expect(messages(plainToInstance(Registration, { password: 'correct horse battery' }))).to.deep.equal([]);
  });

  it('looks at the user name and the e-mail address beside it', () => {
    for (const name of [{ username: 'Wilhelmina' }, { email: 'wilhelmina@example.com' }]) {
      const registration = plainToInstance(Registration, { ...name, password: 'wilhelmina1815' });
      expect(messages(registration)).to.deep.equal([`password ${NAME}`]);
    }
  });

  it('takes a length, other names and a message', () => {
    const member = { nick: 'wilhelmina', secret: 'correct horse battery' };
    expect(messages(plainToInstance(Member, member))).to.deep.equal([]);
    for (const secret of ['correct horse', 'wilhelminawilhelmina']) {
      expect(messages(plainToInstance(Member, { ...member, secret }))).to.deep.equal(['too weak']);
    }
  });

  it('refuses invalid lengths', () => {
    for (const minLength of [7, 65, 8.5, NaN, '12', null]) {
      expect(() => StrongPassword({ minLength: minLength as number })).to.throw(
        ConfigurationError,
        'minLength',
      );
    }
  });
});
