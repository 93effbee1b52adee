import { expect } from 'chai';
import { Container } from 'typedi';
import { Grants } from '../../src/authorization/grants';
import { ConfigurationError } from '../../src/errors';
import { resolveOptions, type SecurityOptions } from '../../src/options';
import { MemoryLogger } from '../support/reset';

class Users {
  getUser() {
    return null;
  }
}

function refusal(options: unknown): string {
  try {
    resolveOptions(options as SecurityOptions);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigurationError);
    return (error as Error).message;
  }
  return expect.fail('was accepted');
}

describe('resolveOptions', () => {
  it('fills in the defaults', () => {
    const { findClient, ...resolved } = resolveOptions({});
    expect(findClient).to.be.a('function');
    expect(resolved).to.deep.equal({
      container: Container,
      userstores: undefined,
      providers: undefined,
      authorizationProviders: undefined,
      roleLoaders: undefined,
      resource: undefined,
      grants: new Grants({}),
      default: 'public',
      isActive: undefined,
      loginPage: undefined,
      realm: 'api',
      deadlineMs: 5000,
      stopAtBadCredentials: false,
      trustedOrigins: new Set(),
      requireHttps: false,
      basicChallengeForScripts: true,
      onEvent: undefined,
      logger: console,
      skip: undefined,
      onUnauthorized: undefined,
      context: false,
      explain: 'off',
      clock: Date.now,
    });
  });

  it('keeps what it is given', () => {
    const given = {
      container: { get: () => new Users() as never },
      userstores: [Users],
      providers: [],
      authorizationProviders: [],
      roleLoaders: [],
      default: 'authenticated',
      isActive: () => true,
      loginPage: '/login',
      realm: 'notes "v1"',
      deadlineMs: 600_000,
      requireHttps: true,
      basicChallengeForScripts: false,
      onEvent: () => {},
      logger: new MemoryLogger(),
      skip: () => false,
      onUnauthorized: () => undefined,
      context: true,
      explain: 'log',
      clock: () => 0,
    } as const;
    const options: SecurityOptions = {
      ...given,
      onBadCredentials: 'stop',
      trustProxy: ['10.0.0.0/8'],
      trustedOrigins: ['https://app.example', 'http://localhost:8080'],
    };
    const { findClient, ...resolved } = resolveOptions(options);
    expect(findClient).to.be.a('function');
    expect(resolved).to.deep.equal({
      ...given,
      resource: undefined,
      grants: new Grants({}),
      stopAtBadCredentials: true,
      trustedOrigins: new Set(['https://app.example', 'http://localhost:8080']),
    });
  });

  it('takes undefined as absent', () => {
    const names = [
      'container',
      'providers',
      'default',
      'realm',
      'deadlineMs',
      'trustProxy',
      'logger',
      'skip',
    ];
    const options = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(resolveOptions(options)).to.include({ realm: 'api', deadlineMs: 5000, default: 'public' });
  });

  const invalid: Record<keyof SecurityOptions, unknown[]> = {
    context: [1, 'true', null],
    explain: [true, false, 'on', 'Log', ['log']],
    container: ['typedi', {}, { get: true }, () => 1],
    userstores: [Users, 'Users', ['Users'], [undefined], [new Users()], {}],
    providers: [Users, ['x'], [undefined], [{}], new Set([Users])],
    authorizationProviders: [Users, ['x'], [undefined], [{}]],
    roleLoaders: [Users, ['x'], [undefined], [{}]],
    roles: ['admin', [7], [''], [' a'], {}],
    roleHierarchy: ['admin', [], new Map([['admin', ['editor']]]), { admin: 'editor' }, { admin: [7] }, { admin: [''] }, { '': ['a'] }, { a: ['b'], b: ['a'] }, { a: ['a'] }],
    permissions: ['admin', new Map([['admin', ['x:read']]]), { admin: 'x:read' }, { admin: [''] }, { ' ': ['x'] }],
    default: ['open', '', 'Authenticated', true, ['public']],
    isActive: [true, 'active', {}],
    loginPage: ['login', '', '//evil', '/\\\\x', '/login?x=1', '/login#x', '/log in', 7, ['/login'], 'https://app.example/login'],
    realm: ['', 'caf\u00e9', 'a\r\nb', 'a\n', 7, ['api'], '\u0000'],
    deadlineMs: [0, -1, 1.5, NaN, Infinity, 600_001, '5000', true],
    onBadCredentials: ['continue', '', true, 1],
    trustProxy: [true, false, -1, 'loopback', ['nonsense']],
    clientCertificateFrom: ['tls', true, 'proxy'],
    resource: [
      'https://api.example', {}, { url: 'http://api.example' }, { url: 'https://api.example?x' }, { url: 'https://api.example#x' },
      { url: 'https://u:p@api.example' }, { url: '/mcp' }, { url: 'https://api.example', scopes: ['a b'] },
      { url: 'https://api.example', documentation: 'here' }, { url: 'https://api.example', scope: [] },
    ],
    trustedOrigins: [
      'https://app.example', [7], [undefined], ['*'], ['null'], ['app.example'], ['https://app.example/'],
      ['https://*.app.example'], ['HTTPS://app.example'], ['https://app.example:443'], [''],
    ],
    requireHttps: ['true', 1, 0, 'no'],
    basicChallengeForScripts: ['false', 0],
    onEvent: ['log', {}, true],
    logger: ['console', {}, { info() {}, warn() {} }, { info() {}, warn() {}, error: true }],
    skip: [true, false, /x/],
    onUnauthorized: [{}, 'x'],
    clock: [0, new Date()],
  }; // prettier-ignore
  for (const [name, values] of Object.entries(invalid)) {
    for (const value of [...values, null]) {
      it(`refuses ${name}: ${value === null ? 'null' : `${typeof value} ${JSON.stringify(value)}`}`, () => {
        expect(refusal({ [name]: value })).to.contain(name);
      });
    }
  }

  describe('in production', () => {
    const before = process.env['NODE_ENV'];
    afterEach(() => {
      if (before === undefined) delete process.env['NODE_ENV'];
      else process.env['NODE_ENV'] = before;
    });

    it("refuses explain: 'reply', and takes it elsewhere", () => {
      for (const environment of ['production', 'test', undefined]) {
        if (environment === undefined) delete process.env['NODE_ENV'];
        else process.env['NODE_ENV'] = environment;
        if (environment === 'production') expect(refusal({ explain: 'reply' })).to.contain('explain');
        else expect(resolveOptions({ explain: 'reply' }).explain).to.equal('reply');
        expect(resolveOptions({ explain: 'log' }).explain).to.equal('log');
      }
    });
  });

  it('refuses names that are no option, misspelt ones too', () => {
    for (const name of ['provider', 'Default', 'requireHTTPS', 'toString']) {
      expect(refusal({ [name]: true })).to.contain(name);
    }
  });

  it('names every mistake at once, and no value', () => {
    const message = refusal({ deadlineMs: 'canary', realm: 7, other: 1 });
    expect(message).to.match(/^security: /);
    for (const name of ['deadlineMs', 'realm', 'other']) expect(message).to.contain(name);
    expect(message).to.not.contain('canary');
  });

  for (const value of [null, true, 'x', 7, [], () => 1]) {
    it(`refuses ${String(value)} (${typeof value}) as the options`, () => {
      expect(refusal(value)).to.equal('security: the options must be an object');
    });
  }
});
