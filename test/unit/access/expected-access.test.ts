import { expect } from 'chai';
import { allOf, anyOf, Authentication, permission, recentLogin, scope, type User } from '../../../src';
import { type AccessFacts, expectedAccess, type Identity } from '../../../src/access/expected-access';
import { Grants } from '../../../src/authorization/grants';
import type { Access } from '../../../src/core/access';
import { toRule } from '../../../src/rules/rules';

const grants = new Grants({ roleHierarchy: { admin: ['editor'] }, permissions: { editor: ['note:write'] } });
const FACTS: AccessFacts = { grants, roleLoaders: [], authorizationProviders: [] };

function access(...rules: unknown[]): Access {
  return {
    action: 'Notes.list',
    method: 'GET',
    route: '/notes',
    isPattern: false,
    numericParameters: [],
    levels: rules.map((rule, index) => ({ rule: toRule(rule, 'test'), source: `level ${String(index)}` })),
    openedBy: undefined,
  };
}

function identity(...roles: string[]): Identity {
  return { isAuthenticated: true, roles };
}

const anonymous: Identity = { isAuthenticated: false, roles: [] };
const isOwner = (user: User) => user.username === 'ann';
const answerOf = (rules: unknown[], who: Identity, facts: Partial<AccessFacts> = {}) =>
  expectedAccess(access(...rules), who, { ...FACTS, ...facts }).answer;

describe('expectedAccess', () => {
  it('lets everybody call what is open, whatever else the app asks', () => {
    expect(answerOf([], anonymous, { authorizationProviders: ['Paths'] })).to.equal('yes');
  });

  it('refuses who is not authenticated, also where a policy might grant', () => {
    expect(answerOf([undefined], anonymous)).to.equal('no');
    expect(answerOf([isOwner], anonymous, { roleLoaders: ['Loader'] })).to.equal('no');
  });

  it('decides by roles, what they imply and grant', () => {
    expect(answerOf([undefined], identity())).to.equal('yes');
    expect(answerOf(['editor'], identity('editor'))).to.equal('yes');
    expect(answerOf(['editor'], identity('admin'))).to.equal('yes');
    expect(answerOf(['admin'], identity('editor'))).to.equal('no');
    expect(answerOf([permission('note:write')], identity('admin'))).to.equal('yes');
    expect(answerOf([permission('note:write')], identity('reader'))).to.equal('no');
    expect(answerOf(['editor', 'staff'], identity('editor'))).to.equal('no');
  });

  it('depends where the code of the app decides, and only there', () => {
    expect(answerOf([isOwner], identity())).to.equal('depends');
    expect(answerOf([anyOf('editor', isOwner)], identity('editor'))).to.equal('yes');
    expect(answerOf([allOf('editor', isOwner)], identity())).to.equal('no');
    expect(answerOf(['editor'], identity(), { roleLoaders: ['Loader'] })).to.equal('depends');
    expect(answerOf(['editor'], identity('editor'), { roleLoaders: ['Loader'] })).to.equal('yes');
    expect(answerOf(['editor'], identity('editor'), { authorizationProviders: ['Paths'] })).to.equal(
      'depends',
    );
    expect(answerOf(['editor'], identity(), { authorizationProviders: ['Paths'] })).to.equal('no');
  });

  it('depends on scopes and age of a login that is not known, and decides about one that is', () => {
    const rules = [scope('notes:write')];
    const loginOf = (scopes?: string[]): Identity => ({
      ...identity(),
      login: new Authentication({ username: 'ann' }, { scopes }),
    });
    expect(answerOf(rules, identity())).to.equal('depends');
    expect(answerOf(rules, loginOf())).to.equal('yes');
    expect(answerOf(rules, loginOf(['notes:read']))).to.equal('no');
    expect(answerOf([recentLogin({ maxAgeSeconds: 60 })], identity())).to.equal('depends');
    const old: Identity = {
      ...identity(),
      login: new Authentication({ username: 'ann' }, { authenticatedAt: null }),
    };
    expect(answerOf([recentLogin({ maxAgeSeconds: 60 })], old)).to.equal('no');
  });

  it('says which levels refuse and on what the rest depends', () => {
    const { why } = expectedAccess(access('editor', isOwner), identity(), FACTS);
    expect(why).to.equal('lacks role editor (level 0)');
    const depends = expectedAccess(access('editor', isOwner), identity('editor'), {
      ...FACTS,
      authorizationProviders: ['Paths'],
    });
    expect(depends.why).to.equal('policy isOwner (level 1) and authorization provider Paths');
    expect(expectedAccess(access('editor'), identity('editor'), FACTS).why).to.equal(undefined);
  });
});
