import { expect } from 'chai';
import { FileFault } from '../../../../src/files/file-fault';
import { readUserFile } from '../../../../src/userstores/file/user-file';
import type { Snapshot } from '../../../../src/userstores/snapshot';

function read(text: string): Snapshot {
  const steps = readUserFile(text);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function fault(text: string): FileFault {
  try {
    read(text);
  } catch (error) {
    expect(error).to.be.instanceOf(FileFault);
    return error as FileFault;
  }
  throw new Error(`It was not refused: ${text}`);
}

describe('readUserFile', () => {
  it('reads users and groups with all their fields', () => {
    const { users, groups } = read(`# accounts
users:
  - username: alice
    password: "$2b$10$abc: #'"   # a hash
    email: alice@example.com
    active: true
    roles: [admin, 'night shift']
    groups:
      - staff
    tokensValidFrom: 2026-01-01T01:00:00+01:00
  - {username: bob, active: false, roles: , email: null}
groups:
  - name: staff
    roles: [reader]
    groups: [everyone]
  - name: everyone
`);
    expect(users.get('alice')).to.deep.equal({
      username: 'alice',
      password: "$2b$10$abc: #'",
      email: 'alice@example.com',
      active: true,
      roles: ['admin', 'night shift'],
      groups: ['staff'],
      tokensValidFrom: new Date('2026-01-01T00:00:00Z'),
    });
    expect(users.get('bob')).to.deep.equal({ username: 'bob', active: false });
    expect(groups.get('staff')).to.deep.equal({ name: 'staff', roles: ['reader'], groups: ['everyone'] });
    expect(groups.get('everyone')).to.deep.equal({ name: 'everyone' });
  });

  const FAULTS: [title: string, text: string, line: number | undefined][] = [
    ['an empty file', '', undefined],
    ['only comments', '# nothing\n', undefined],
    ['only a document marker', '---\n', 1],
    ['a scalar', 'users\n', 1],
    ['a list at the top', '- users\n', 1],
    ['no users', 'groups: []\n', undefined],
    ['users with nothing', 'users:\n', 1],
    ['users keyed by name', 'users:\n  alice:\n    roles: [admin]\n', 1],
    ['groups keyed by name', 'users: []\ngroups:\n  staff: {}\n', 2],
    ['a third section', 'users: []\n\nroles: []\n', 3],
    ['a user that is no record', 'users:\n  - alice\n', 2],
    ['a user that is nothing', 'users:\n  - username: a\n  -\n', 3],
    ['a list in a list', 'users:\n  - [alice]\n', 2],
    ['an unknown key', 'users:\n  - username: a\n    admin: true\n', 3],
    ['an unknown key of a group', 'users: []\ngroups:\n  - name: a\n    email: x\n', 4],
    ['a missing username', 'users:\n  - email: a\n', 2],
    ['an empty username', 'users:\n  - username: ""\n', 2],
    ['roles that are no list', 'users:\n  - username: a\n    roles: admin\n', 3],
    ['a role that is a number', 'users:\n  - username: a\n    roles: [1]\n', 3],
    ['a role that is nothing', 'users:\n  - username: a\n    roles: [~]\n', 3],
    ['a role that is a mapping', 'users:\n  - username: a\n    roles: [{a: b}]\n', 3],
    ['active with nothing', 'users:\n  - username: a\n    active:\n', 3],
    ['active: no', 'users:\n  - username: a\n    active: no\n', 3],
    ['active: "false"', 'users:\n  - username: a\n    active: "false"\n', 3],
    ['active: 0', 'users:\n  - username: a\n    active: 0\n', 3],
    ['a password that is a number', 'users:\n  - username: a\n    password: 1234\n', 3],
    ['an empty password', 'users:\n  - username: a\n    password: ""\n', 3],
    ['a date without zone', 'users:\n  - username: a\n    tokensValidFrom: 2026-01-01T00:00:00\n', 3],
    ['a date without time', 'users:\n  - username: a\n    tokensValidFrom: 2026-01-01\n', 3],
    ['a date that there is not', 'users:\n  - username: a\n    tokensValidFrom: 2026-06-31T00:00:00Z\n', 3],
    ['a time in digits', 'users:\n  - username: a\n    tokensValidFrom: 1767225600\n', 3],
    ['an unknown group', 'users:\n  - username: a\n    groups: [staff]\n', 2],
    ['an unknown parent group', 'users: []\ngroups:\n  - name: a\n    groups: [b]\n', 3],
    ['a tab as indentation', 'users:\n\t- username: a\n', 2],
    ['an unclosed list', 'users:\n  - username: a\n    roles: [a\n  - username: b\n', 4],
    ['an anchor', 'users:\n  - username: &a x\n', 2],
    ['an anchor on the list', 'users: &a\n  - username: x\n', 1],
    ['an alias', 'users:\n  - &a {username: x}\n  - *a\n', 2],
    ['an alias to nothing', 'users:\n  - username: x\n  - *a\n', 3],
    ['a tag', 'users:\n  - username: !!str 007\n', 2],
    ['an unknown tag', 'users:\n  - !person {username: a}\n', 2],
    ['a directive', '%YAML 1.1\n---\nusers: []\n', 1],
    ['a key that is a list', 'users:\n  - ? [a]\n    : b\n', 2],
  ];
  for (const [title, text, line] of FAULTS) {
    it(`refuses ${title}`, () => {
      const { line: found, message } = fault(text);
      expect(found, message).to.equal(line);
    });
  }

  it('refuses a key twice, at the top and in a record, with both lines', () => {
    expect(fault('users: []\nusers: []\n')).to.include({ line: 2, message: 'repeats the key of line 1' });
    const twice = 'users:\n  - username: a\n    active: false\n    active: true\n  - username: b\n';
    expect(fault(twice)).to.include({ line: 4, message: 'repeats the key of line 3' });
  });

  it('refuses a name twice, with both lines', () => {
    const plain = 'users:\n  - username: a\n  - username: b\n  - username: a\n  - username: c\n';
    expect(fault(plain)).to.include({ line: 4, message: 'has the same name as the one on line 2' });
    expect(fault('users: []\ngroups:\n  - name: g\n  - name: g\n').line).to.equal(4);
  });

  it('refuses merge keys', () => {
    expect(fault('users:\n  - username: a\n    <<: {active: true}\n').line).to.equal(3);
  });

  it('shows nothing of the file in what it says', () => {
    const texts = [
      'users:\n  - username: a\n    password: $2b$10$secret\n    $2b$10$secret: 1\n',
      'users:\n  - username: a\n    password: [$2b$10$secret]\n',
      'users:\n  - username: a\n    password: "$2b$10$secret\n',
      'users:\n  - $2b$10$secret\n',
      'users: []\n$2b$10$secret: 1\n',
      'users:\n  - username: a\n    password: !!$2b$10$secret x\n',
      'users:\n  - username: a\n    groups: [$2b$10$secret]\n',
      '%$2b$10$secret\n---\nusers: []\n',
    ];
    for (const text of texts) expect(fault(text).message).to.not.include('secret');
  });

  it('names the right line far down in a long file', () => {
    const record = (index: number): string => `  - username: user${String(index)}\n    roles: [a]\n`;
    const records = Array.from({ length: 400 }, (_, index) => record(index)).join('');
    const last = '  - username: last\n    roles: a\n';
    expect(fault(`users:\n${records}${last}`).line).to.equal(803);
    expect(fault(`users: # commented\n${records}${last}`).line).to.equal(803);
    expect(fault(`users:\n${records}  - username: user7\n  - username: z\n`)).to.include({
      line: 802,
      message: 'has the same name as the one on line 16',
    });
    expect(read(`users: # commented\n${records}`).users.size).to.equal(400);
  });
});
