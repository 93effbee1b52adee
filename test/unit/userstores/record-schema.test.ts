import { IsArray, IsBoolean, IsDate, IsOptional, Matches, ValidateIf, validateSync } from 'class-validator';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  GROUP_FIELDS,
  groupFault,
  USER_FIELDS,
  userFault,
  type RecordFault,
} from '../../../src/userstores/record-schema';

const NAME = /^[^\p{Cc}\p{Cs}]+$/u;
const SINGLE = '$property must be a string without control characters, and not empty';
const LIST = '$property must be a list of names';

/** The same rules in the words of class-validator. */
class GroupRules {
  @IsOptional()
  @IsArray({ message: LIST })
  @Matches(NAME, { each: true, message: LIST })
  roles: unknown;

  @IsOptional()
  @IsArray({ message: LIST })
  @Matches(NAME, { each: true, message: LIST })
  groups: unknown;
}
class NamedGroupRules extends GroupRules {
  @Matches(NAME, { message: SINGLE })
  name: unknown;
}
class UserRules extends GroupRules {
  @Matches(NAME, { message: SINGLE })
  username: unknown;

  @IsOptional()
  @Matches(NAME, { message: SINGLE })
  password: unknown;

  @IsOptional()
  @Matches(NAME, { message: SINGLE })
  email: unknown;

  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean({ message: '$property must be true or false' })
  active: unknown;

  @IsOptional()
  @IsDate({ message: '$property must be a date and time such as 2026-01-31T08:00:00Z' })
  tokensValidFrom: unknown;
}

function judged(rules: object, fields: readonly string[]): RecordFault | undefined {
  const errors = new Map(validateSync(rules).map((error) => [error.property, error]));
  const field = fields.find((name) => errors.has(name));
  if (field === undefined) return undefined;
  return { field, problem: Object.values(errors.get(field)?.constraints ?? {})[0] ?? '' };
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    ' ',
    'ann',
    'änn',
    '日本',
    '😀',
    '\ud800',
    'a\udc00',
    'a\nb',
    'a\n',
    '\x7f',
    'a\x9f',
    '\u2028',
  ),
);
const value = fc.oneof(
  text,
  fc.array(text, { maxLength: 3 }),
  fc.array(fc.oneof(text, fc.constantFrom(1, null, undefined, true, ['a'])), { maxLength: 3 }),
  fc.constantFrom(null, undefined, true, false, 0, 1, Number.NaN, {}, new Set(['a']), new Map(), () => 1),
  fc.constantFrom(
    new Date(0),
    new Date(Number.NaN),
    '2026-01-31T08:00:00Z',
    Symbol('x'),
    1n,
    new String('a'),
  ),
);

describe('userFault and groupFault', () => {
  it('say the same as class-validator says by the same rules', () => {
    const cases = [
      [USER_FIELDS, userFault, UserRules],
      [GROUP_FIELDS, groupFault, NamedGroupRules],
    ] as const;
    for (const [fields, faultOf, Rules] of cases) {
      // Fields that hold are the most, so that later ones are looked at too.
      const good = { username: 'ann', name: 'staff', roles: ['a'], active: true };
      const some = fc
        .subarray([...fields])
        .chain((chosen) => fc.record(Object.fromEntries(chosen.map((field) => [field, value]))));
      fc.assert(
        fc.property(some, (given) => {
          const record = { ...good, ...given };
          expect(faultOf(record)).to.deep.equal(judged(Object.assign(new Rules(), record), fields));
        }),
        { numRuns: 500 },
      );
    }
  });

  it('take no boxed value', () => {
    expect(userFault({ username: 'a', active: new Boolean(false) })?.field).to.equal('active');
    expect(userFault({ username: new String('a') })?.field).to.equal('username');
  });

  it('repeat no value', () => {
    for (const field of USER_FIELDS) {
      const fault = userFault({ username: 'ann', [field]: { $2b$secret: 1 } });
      expect(fault?.field).to.equal(field);
      expect(fault?.problem)
        .to.match(new RegExp(`^${field} must be`))
        .and.not.include('secret');
    }
  });

  it('know the fields of a file, in the order in which they are written', () => {
    expect(USER_FIELDS.join()).to.equal('username,password,email,active,roles,groups,tokensValidFrom');
    expect(GROUP_FIELDS.join()).to.equal('name,roles,groups');
  });
});
