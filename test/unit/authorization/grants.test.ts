import { expect } from 'chai';
import { Grants, type GrantOptions } from '../../../src/authorization/grants';
import { ConfigurationError } from '../../../src/errors';

const HIERARCHY = { admin: ['editor', 'auditor'], editor: ['reader'], auditor: ['reader'] };

function refusal(options: GrantOptions): string {
  try {
    new Grants(options);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigurationError);
    return (error as Error).message;
  }
  return expect.fail('was accepted');
}

describe('Grants', () => {
  it('adds all that roles imply, over any number of steps, diamonds once', () => {
    const grants = new Grants({ roleHierarchy: HIERARCHY });
    const implied = (...roles: string[]) => [...grants.withImplied(roles)].toSorted();
    expect(implied('admin')).to.deep.equal(['admin', 'auditor', 'editor', 'reader']);
    expect(implied('editor')).to.deep.equal(['editor', 'reader']);
    expect(implied('reader')).to.deep.equal(['reader']);
    expect(implied('unknown', 'editor')).to.deep.equal(['editor', 'reader', 'unknown']);
    expect(implied()).to.deep.equal([]);
  });

  it('implies nothing upwards', () => {
    expect(new Grants({ roleHierarchy: HIERARCHY }).withImplied(['reader'])).not.to.include('editor');
  });

  it('takes names that objects have anyway for names', () => {
    const grants = new Grants({ roleHierarchy: { constructor: ['toString'] } });
    expect([...grants.withImplied(['constructor'])]).to.deep.equal(['constructor', 'toString']);
    expect([...new Grants({}).withImplied(['__proto__', 'constructor'])]).to.deep.equal([
      '__proto__',
      'constructor',
    ]);
    expect(new Grants({}).isGranted('toString', new Set(['constructor']))).to.be.false;
  });

  it('grants a permission by any of the roles, and only by them', () => {
    const grants = new Grants({
      permissions: { editor: ['note:write', 'note:read'], reader: ['note:read'] },
    });
    expect(grants.isGranted('note:read', new Set(['x', 'reader']))).to.be.true;
    expect(grants.isGranted('note:write', new Set(['reader']))).to.be.false;
    expect(grants.isGranted('note', new Set(['editor']))).to.be.false;
    expect(grants.isGranted('note:read', new Set())).to.be.false;
  });

  for (const [what, roleHierarchy] of Object.entries({
    'a role that implies itself': { a: ['a'] },
    'a cycle of two': { a: ['b'], b: ['a'] },
    'a cycle of three behind a tail': { x: ['a'], a: ['b'], b: ['c'], c: ['a'] },
  })) {
    it(`refuses ${what}, naming it`, () => {
      expect(refusal({ roleHierarchy })).to.match(/^roleHierarchy: \w implies itself$/);
    });
  }

  it('refuses roles that the app does not list, wherever they stand', () => {
    const roles = ['admin', 'editor'];
    expect(refusal({ roles, roleHierarchy: { admin: ['edtor'] } })).to.include('edtor');
    expect(refusal({ roles, roleHierarchy: { amin: ['editor'] } })).to.include('amin');
    expect(refusal({ roles, permissions: { edtor: ['x:y'] } })).to.include('edtor');
    const grants = new Grants({
      roles,
      roleHierarchy: { admin: ['editor'] },
      permissions: { editor: ['x:y'] },
    });
    expect(() => grants.refuseUnknown('reader', 'here')).to.throw(
      ConfigurationError,
      /here: "reader" .*\(admin; editor\)/,
    );
    grants.refuseUnknown('admin', 'here');
    new Grants({}).refuseUnknown('anything', 'here');
  });

  it('refuses a permission that no role grants', () => {
    const grants = new Grants({ permissions: { editor: ['x:y'] } });
    grants.refuseUngranted('x:y', 'here');
    expect(() => grants.refuseUngranted('x:z', 'here')).to.throw(ConfigurationError, /here: .*x:z/);
  });

  it('refuses a value that is not a list of names', () => {
    for (const list of ['editor', [7], [''], [' a'], null, { 0: 'a' }, [undefined], Array(1)]) {
      expect(refusal({ roleHierarchy: { admin: list as never } })).to.match(/^roleHierarchy: admin/);
      expect(refusal({ permissions: { admin: list as never } })).to.match(/^permissions: admin/);
      expect(refusal({ roles: list as never })).to.match(/^roles/);
    }
    expect(refusal({ permissions: { ' a': ['x'] } })).to.match(/^permissions/);
  });
});
