import { expect } from 'chai';
import { All, Authorized, CurrentUser, Get, JsonController, Post } from 'routing-controllers';
import {
  allOf,
  anyOf,
  createSecurity,
  ownerOf,
  permission,
  Public,
  securityReport,
  type SecurityOptions,
  type SecurityReport,
  type User,
} from '../../../src';
import { compareWithLockFile, toLockFile } from '../../../src/report/lock-file';
import { MemoryLogger, reset } from '../../support/reset';
import { provider } from '../../support/scripted';

interface Guards {
  /** The arguments of each `@Authorized`, from the method or class outwards. */
  readonly base?: readonly unknown[][];
  readonly cls?: readonly unknown[][];
  readonly method?: readonly unknown[][];
  readonly open?: 'class' | 'method';
  readonly isDefault?: boolean;
}

/** A guard by the arguments of `@Authorized`. */
const by = (...rules: unknown[]) => rules.map((rule) => [rule]);
const any: unknown[][] = [[]];

async function reportOf(guards: Guards): Promise<SecurityReport> {
  reset();
  class Base {}
  class Main extends Base {
    one() {}
  }
  JsonController('/main')(Main);
  Get('/:id')(Main.prototype, 'one');
  const guard = (rule: unknown[]) =>
    Authorized(...(rule as [string])) as (target: object, method?: string) => void;
  for (const rule of guards.base ?? []) guard(rule)(Base);
  for (const rule of guards.cls ?? []) guard(rule)(Main);
  for (const rule of guards.method ?? []) guard(rule)(Main.prototype, 'one');
  if (guards.open === 'class') Public()(Main);
  if (guards.open === 'method') Public()(Main.prototype, 'one');
  const security = createSecurity({
    logger: new MemoryLogger(),
    providers: [provider('p', () => null)],
    permissions: { reader: ['note:read'] },
    default: guards.isDefault === true ? 'authenticated' : 'public',
  });
  return securityReport(security.secure({ controllers: [Main] }));
}

async function changes(before: Guards, after: Guards): Promise<string[]> {
  const locked = toLockFile(await reportOf(before));
  return compareWithLockFile(await reportOf(after), locked);
}

class Notes {
  get = () => null;
}
class OtherNotes {
  get = () => null;
}
class IsAdult {
  check() {
    return true;
  }
}
const ofSameName = [
  class Policy {
    check() {
      return true;
    }
  },
  class Policy {
    check(_action: unknown, user: User) {
      return user.username === 'ann';
    }
  },
] as const;
const isAnn = (user: User) => user.username === 'ann';

describe('The lock file of the same access', () => {
  const same: Record<string, readonly [Guards, Guards]> = {
    'a list of one': [{ method: by('a') }, { method: by(['a']) }],
    'anyOf() of one': [{ method: by('a') }, { method: by(anyOf('a')) }],
    'allOf() of one': [{ method: by('a') }, { method: by(allOf('a')) }],
    'lists of one inside each other': [{ method: by('a') }, { method: by([anyOf(allOf('a'))]) }],
    'another order of a list': [{ method: by(['a', 'b']) }, { method: by(['b', 'a']) }],
    'a list and anyOf()': [{ method: by(['a', 'b']) }, { method: by(anyOf('b', 'a')) }],
    'another order of allOf()': [{ method: by(allOf('a', 'b')) }, { method: by(allOf('b', 'a')) }],
    'another order inside a list': [
      { method: by(['x', allOf('a', anyOf('b', 'c'))]) },
      { method: by([allOf(anyOf('c', 'b'), 'a'), 'x']) },
    ],
    'anyOf() inside anyOf()': [
      { method: by(anyOf('a', 'b', 'c')) },
      { method: by(anyOf('a', anyOf('b', 'c'))) },
    ],
    'allOf() inside allOf()': [
      { method: by(allOf('a', 'b', 'c')) },
      { method: by(allOf(allOf('a', 'b'), 'c')) },
    ],
    'allOf() and levels': [{ method: by(allOf('a', 'b')) }, { cls: by('a'), method: by('b') }],
    'two levels in another order': [{ method: by('a', 'b') }, { method: by('b', 'a') }],
    'class and method exchanged': [
      { cls: by('a'), method: by('b') },
      { cls: by('b'), method: by('a') },
    ],
    'a guard moved to the class': [{ method: by('a') }, { cls: by('a') }],
    'a guard moved to the base class': [{ cls: by('a', 'b') }, { base: by('b'), cls: by('a') }],
    'a level twice': [{ method: by('a') }, { cls: by('a'), method: by('a', 'a') }],
    'a part twice': [{ method: by(['a', 'b']) }, { method: by(['a', 'b', 'a']) }],
    'a list twice, in two orders': [
      { method: by(['a', 'b']) },
      { cls: by(['b', 'a']), method: by(['a', 'b']) },
    ],
    'a policy twice': [{ method: by(isAnn) }, { cls: by(isAnn), method: by(isAnn) }],
    'any authenticated user beside a role': [{ method: by('a') }, { cls: any, method: by('a') }],
    'any authenticated user beside a policy': [{ method: by(isAnn) }, { cls: any, method: by([isAnn]) }],
    'any authenticated user twice': [{ method: any }, { cls: any, method: any }],
    'any authenticated user by default': [{ method: any }, { isDefault: true }],
    'a guard beside the default': [{ method: by('a') }, { method: by('a'), isDefault: true }],
    'a permission in a list of one': [
      { method: by(permission('note:read')) },
      { method: by([permission('note:read')]) },
    ],
    'an owner twice': [
      { method: by(ownerOf(Notes, 'id')) },
      { method: by(ownerOf(Notes, 'id'), ownerOf(Notes, 'id')) },
    ],
    "an owner and whenMissing: 'deny'": [
      { method: by(ownerOf(Notes, 'id')) },
      { method: by(ownerOf(Notes, 'id', { whenMissing: 'deny' })) },
    ],
    '@Public() moved to the class': [{ open: 'method' }, { open: 'class' }],
    '@Public() for what is open anyway': [{}, { open: 'method' }],
  };
  for (const [what, [before, after]] of Object.entries(same)) {
    it(`does not change by ${what}`, async () => {
      expect(await changes(before, after)).to.deep.equal([]);
      expect(await changes(after, before)).to.deep.equal([]);
    });
  }
});

describe('The lock file of another access', () => {
  const anonymous = () =>
    [(user: User) => user.username === 'ann', (user: User) => user.username !== ''] as const;
  const [first, second] = anonymous();
  const named = (name: string, policy: (user: User) => boolean) =>
    Object.defineProperty((user: User) => policy(user), 'name', { value: name });
  const olderThan = (age: number) => (user: User) => Number(user['age' as keyof User]) > age;
  const changed: Record<string, readonly [Guards, Guards]> = {
    'another role': [{ method: by('a') }, { method: by('b') }],
    'a role in another case': [{ method: by('a') }, { method: by('A') }],
    'one role less in a list': [{ method: by(['a', 'b']) }, { method: by('a') }],
    'all for any': [{ method: by(anyOf('a', 'b')) }, { method: by(allOf('a', 'b')) }],
    'a level less': [{ cls: by('a'), method: by('b') }, { method: by('b') }],
    'a part that moves out of a list': [
      { method: by(allOf('a', anyOf('b', 'c'))) },
      { method: by(anyOf('c', allOf('a', 'b'))) },
    ],
    'any authenticated user for a role': [{ method: by('a') }, { method: any }],
    'an open action': [{ method: any }, { open: 'method' }],
    'an action that is open by default': [{ isDefault: true }, {}],
    'a role for a permission of its name': [
      { method: by(permission('note:read')) },
      { method: by('note:read') },
    ],
    'roles with the words of a description in them': [
      { method: by(anyOf('a', 'b', 'c')) },
      { method: by(anyOf('a, role b', 'c')) },
    ],
    'a role with "and" in it': [{ method: by('a', 'b') }, { method: by('a and role b') }],
    'a role in quotes': [{ method: by('a b') }, { method: by('"a b"') }],
    'an unnamed policy for another': [{ method: by(first) }, { method: by(second) }],
    'a policy for another of its name': [
      { method: by(named('isOld', (user) => user.username === 'ann')) },
      { method: by(Object.defineProperty((user: User) => user.username > 'a', 'name', { value: 'isOld' })) },
    ],
    'a policy of another name': [{ method: by(named('a', isAnn)) }, { method: by(named('b', isAnn)) }],
    'a policy class for another of its name': [{ method: by(ofSameName[0]) }, { method: by(ofSameName[1]) }],
    'one policy less of two of one text': [
      { method: by(olderThan(18), olderThan(21)) },
      { method: by(olderThan(18)) },
    ],
    'a policy for a role': [{ method: by(IsAdult) }, { method: by('IsAdult') }],
    'an owner without the default': [
      { method: by(ownerOf(Notes, 'id')) },
      { method: by(ownerOf(Notes, 'id', { owner: (note) => (note as { author?: string }).author })) },
    ],
    'another owner': [
      { method: by(ownerOf(Notes, 'id', { owner: (note) => (note as { author?: string }).author })) },
      { method: by(ownerOf(Notes, 'id', { owner: (note) => (note as { reader?: string }).reader })) },
    ],
    "whenMissing: 'run'": [
      { method: by(ownerOf(Notes, 'id')) },
      { method: by(ownerOf(Notes, 'id', { whenMissing: 'run' })) },
    ],
    'another resource store': [
      { method: by(ownerOf(Notes, 'id')) },
      { method: by(ownerOf(OtherNotes, 'id')) },
    ],
  };
  for (const [what, [before, after]] of Object.entries(changed)) {
    it(`changes by ${what}`, async () => {
      for (const lines of [await changes(before, after), await changes(after, before)]) {
        expect(lines).to.have.length(1);
        expect(lines[0]).to.match(/^~ \/main\/:id GET \(Main\.one\): .+ -> .+$/);
      }
    });
  }

  it('is printed in its one form', async () => {
    const before: Guards = { cls: any, method: by(['b', 'a'], ['c']) };
    const after: Guards = {
      method: by(isAnn, ownerOf(Notes, 'id', { owner: () => null, whenMissing: 'run' }), 'x y'),
    };
    const [line = ''] = await changes(before, after);
    expect(line.replace(/#[0-9a-f]{8}/g, '#HASH')).to.equal(
      '~ /main/:id GET (Main.one): any of (role a, role b) and role c -> ' +
        'owner of Notes :id by owner#HASH (or missing) and policy isAnn#HASH and role "x y"',
    );
  });

  it('leaves the report as the guards are written, in words that people read', async () => {
    const { routes } = await reportOf({ cls: any, method: by(['b', 'a'], isAnn) });
    expect(routes[0]?.access).to.equal('any authenticated user and any of (role b, role a) and policy isAnn');
    expect(routes[0]?.normalised).to.match(/^any of \(role a, role b\) and policy isAnn#[0-9a-f]{8}$/);
    expect((await reportOf({ method: by('a') })).routes[0]).to.not.have.property('normalised');
  });
});

describe('The lock file of two routes of one name', () => {
  const twins = async (...roles: string[]) => {
    reset();
    const controllers = roles.map((role) => {
      @JsonController('/twin')
      class Twin {
        @Authorized(role) @Get('/') one(@CurrentUser() _user: User) {}
      }
      return Twin;
    });
    const security = createSecurity({ logger: new MemoryLogger(), providers: [provider('p', () => null)] });
    return securityReport(security.secure({ controllers }));
  };

  it('holds both, in the order in which they match', async () => {
    const locked = toLockFile(await twins('a', 'b'));
    expect(compareWithLockFile(await twins('a', 'b'), locked)).to.deep.equal([]);
    expect(compareWithLockFile(await twins('c', 'b'), locked)).to.deep.equal([
      '~ /twin/ GET (Twin.one): role a -> role c',
    ]);
    expect(compareWithLockFile(await twins('a'), locked)).to.deep.equal([
      '- /twin/ GET (Twin.one) #2: role b',
    ]);
    expect(compareWithLockFile(await twins('b', 'a'), locked)).to.have.length(2);
  });
});

describe('The lock file of what decides beside the guards', () => {
  interface App {
    /** Each route with its guards, in the order in which they are registered. */
    readonly routes?: readonly (readonly [decorate: ReturnType<typeof Get>, ...guards: unknown[]])[];
    readonly roleHierarchy?: Record<string, string[]>;
    readonly permissions?: Record<string, string[]>;
    readonly skip?: NonNullable<SecurityOptions['skip']>;
    readonly providers?: NonNullable<SecurityOptions['providers']>;
    readonly authorizationProviders?: NonNullable<SecurityOptions['authorizationProviders']>;
    readonly roleLoaders?: NonNullable<SecurityOptions['roleLoaders']>;
  }
  const open = [Get('/n/:id')] as const;
  const guarded = [Get('/n/mine'), 'editor'] as const;

  async function linesOf(before: App, after: App): Promise<string[]> {
    const reports: SecurityReport[] = [];
    for (const { routes = [], ...options } of [before, after]) {
      reset();
      const controllers = routes.map(([decorate, ...guards], index) => {
        const Main = { Main: class {} }.Main;
        Object.defineProperty(Main.prototype, 'act', { value: () => index });
        JsonController()(Main);
        decorate(Main.prototype, 'act');
        for (const guard of guards) {
          (Authorized(guard as string) as (target: object, name: string) => void)(Main.prototype, 'act');
        }
        return Main;
      });
      const providers = [provider('p', () => null)];
      const security = createSecurity({ logger: new MemoryLogger(), providers, ...options });
      reports.push(await securityReport(security.secure({ controllers })));
    }
    return compareWithLockFile(reports[1]!, toLockFile(reports[0]!));
  }

  it('changes by an open route that moves before a guarded one, and back', async () => {
    const [before, after] = [{ routes: [guarded, open] }, { routes: [open, guarded] }];
    expect(await linesOf(before, before)).to.deep.equal([]);
    expect(await linesOf(after, after)).to.deep.equal([]);
    expect(await linesOf(before, after)).to.deep.equal([
      '~ /n/mine GET (Main.act): role editor -> role editor (hidden by GET /n/:id (Main.act))',
    ]);
    expect(await linesOf(after, before)).to.have.length(1);
  });

  it('changes by an open route that moves before the guarded one that answered for it', async () => {
    const special = [Get('/n/mine')] as const;
    const general = [Get('/n/:id'), 'editor'] as const;
    expect(await linesOf({ routes: [general, special] }, { routes: [special, general] })).to.deep.equal([
      '~ /n/mine GET (Main.act): anyone (hidden by GET /n/:id (Main.act)) -> anyone',
    ]);
  });

  it('changes by a second route that answers for other methods', async () => {
    const [all, post] = [[All('/n/mine'), 'editor'] as const, [Post('/n/:id')] as const];
    const lines = await linesOf({ routes: [open, all, post] }, { routes: [open, post, all] });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include('(hidden by GET /n/:id (Main.act), POST /n/:id (Main.act))');
  });

  it('does not change by the order of routes that ask for the same, or match other paths', async () => {
    const other = [Get('/m/:id')] as const;
    const twin = [Get('/n/:name'), 'editor'] as const;
    expect(
      await linesOf({ routes: [guarded, other, twin] }, { routes: [other, twin, guarded] }),
    ).to.deep.equal([]);
  });

  const roles: Record<string, readonly [App, App, string]> = {
    'a permission more': [
      { permissions: { admin: ['inv'] } },
      { permissions: { admin: ['inv'], reader: ['inv'] } },
      '+ role "reader": grants "inv"',
    ],
    'a permission of a role that has others': [
      { permissions: { reader: ['note'] } },
      { permissions: { reader: ['note', 'inv'] } },
      '~ role "reader": grants "note" -> grants "inv" "note"',
    ],
    'a permission less': [
      { permissions: { reader: ['inv'] } },
      { permissions: {} },
      '- role "reader": grants "inv"',
    ],
    'a role that implies another': [
      {},
      { roleHierarchy: { guest: ['editor'] } },
      '+ role "guest": implies "editor"',
    ],
    'a permission of an implied role': [
      { roleHierarchy: { guest: ['reader'] } },
      { roleHierarchy: { guest: ['reader'] }, permissions: { reader: ['inv'] } },
      '~ role "guest": implies "reader" -> implies "reader", grants "inv"',
    ],
  };
  for (const [what, [before, after, line]] of Object.entries(roles)) {
    it(`changes by ${what}`, async () => {
      expect(await linesOf(before, after)).to.include(line);
      expect(await linesOf(after, before)).to.have.length.above(0);
    });
  }

  class Ours {
    authorize(): Promise<boolean> {
      return Promise.resolve(true);
    }
  }
  class Loader {
    getRoles(): string[] {
      return [];
    }
  }
  const [first, second] = [provider('First', () => null), provider('Second', () => null)];
  const components: Record<string, readonly [App, App, string | RegExp]> = {
    'a hook that skips guards': [{}, { skip: () => false }, /^\+ skip: "skip#[\da-f]{8}"$/],
    'a hook that skips more': [
      { skip: ({ route }) => route === '/a' },
      { skip: () => true },
      /^~ skip: "skip#[\da-f]{8}" -> "skip#[\da-f]{8}"$/,
    ],
    'an authorization provider that describes nothing': [
      {},
      { authorizationProviders: [Ours] },
      '+ authorizationProviders: "Ours"',
    ],
    'a role loader': [{}, { roleLoaders: [Loader] }, '+ roleLoaders: "Loader"'],
    'an authentication provider': [
      { providers: [first] },
      { providers: [first, second] },
      '~ providers: "First" -> "First" "Second"',
    ],
    'the order of the chain': [
      { providers: [first, second] },
      { providers: [second, first] },
      '~ providers: "First" "Second" -> "Second" "First"',
    ],
  };
  for (const [what, [before, after, expected]] of Object.entries(components)) {
    it(`changes by ${what}`, async () => {
      const lines = await linesOf(before, after);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(
        typeof expected === 'string' ? new RegExp(`^${expected.replace('+', '\\+')}$`) : expected,
      );
      expect(await linesOf(after, before)).to.have.length(1);
      expect(await linesOf(after, after)).to.deep.equal([]);
    });
  }

  it('does not change by another way to write the same roles', async () => {
    const before = {
      roleHierarchy: { admin: ['editor', 'reader'], editor: ['reader'] },
      permissions: { reader: ['a', 'b'], nobody: [] },
    };
    const after = {
      roleHierarchy: { editor: ['reader'], admin: ['editor'] },
      permissions: { reader: ['b', 'a'], admin: ['a'] },
    };
    expect(await linesOf(before, after)).to.deep.equal([]);
  });
});
