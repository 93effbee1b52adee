import { expect } from 'chai';
import { Authorized, Get, JsonController } from 'routing-controllers';
import {
  ApiKeyProvider,
  ApiKeys,
  type AuthProviderInterface,
  ConfigurationError,
  type Constructor,
  MemoryState,
  MemoryUserstore,
  PasswordProvider,
  type ProviderDescription,
  SessionProvider,
  SessionService,
  TokenProvider,
  TokenService,
} from '../../../src';
import { AccessTokenProvider } from '../../../src/oidc';
import { PassportProvider } from '../../../src/passport';
import { documentOf, expectValid } from '../../support/openapi';
import { reset } from '../../support/reset';

interface Script {
  credential?: string | string[];
  schemes?: string[];
  describe?: ProviderDescription;
  name?: string;
}

function scripted({ credential, schemes, describe, name }: Script): Constructor<AuthProviderInterface> {
  return class {
    readonly name = name;
    readonly credential = credential;
    readonly schemes = schemes;
    authenticate() {
      return null;
    }
    describe() {
      return describe ?? {};
    }
  } as unknown as Constructor<AuthProviderInterface>;
}

const oidc = (host: string) => `https://${host}.example/.well-known/openid-configuration`;

function guarded() {
  @Authorized()
  @JsonController()
  class Notes {
    @Get('/notes') list() {}
  }
  return Notes;
}

class Users extends MemoryUserstore {
  constructor() {
    super({ users: [] });
  }
}
const state = new MemoryState();
class Tokens extends TokenService {
  constructor() {
    super({ secret: 'x'.repeat(48), issuer: 'a', audience: 'a', ttlSeconds: 60 });
  }
}
class Token extends TokenProvider {
  constructor() {
    super(new Tokens());
  }
}
class Keys extends ApiKeys {
  constructor() {
    super({ prefix: 'app', state });
  }
}
class Key extends ApiKeyProvider {
  constructor() {
    super(new Keys(), { bearer: false });
  }
}
class BearerKey extends ApiKeyProvider {
  constructor() {
    super(new Keys(), { header: 'X-Own-Key' });
  }
}
class Sessions extends SessionService {
  constructor() {
    super({ state, cookie: { name: 'sid' } });
  }
}
class Session extends SessionProvider {
  constructor() {
    super(new Sessions());
  }
}
function issuer(dpop?: object): Constructor<AuthProviderInterface> {
  return class extends AccessTokenProvider {
    constructor() {
      super({ issuer: 'https://id.example', audience: 'a', ...dpop });
    }
  };
}
class Cookie extends PassportProvider {
  constructor() {
    super({ authenticate: () => undefined }, { reads: { cookie: 'token' } });
  }
}

const basic = { type: 'http', scheme: 'basic' };
const bearer = { type: 'http', scheme: 'bearer' };
const header = (name: string) => ({ type: 'apiKey', in: 'header', name });
const openId = (openIdConnectUrl: string) => ({ type: 'openIdConnect', openIdConnectUrl });

describe('The security schemes of a document', () => {
  beforeEach(reset);

  const schemesOf = (...providers: Constructor<AuthProviderInterface>[]) => {
    const { document } = documentOf([guarded()], { providers, userstores: [Users] });
    return { document, schemes: document.components['securitySchemes'] };
  };

  const cases: [what: string, provider: Constructor<AuthProviderInterface>, schemes: object][] = [
    ['PasswordProvider', PasswordProvider, { basic }],
    ['TokenProvider', Token, { bearer, authenticationToken: header('Authentication-Token') }],
    ['ApiKeyProvider of a header alone', Key, { xApiKey: header('x-api-key') }],
    ['ApiKeyProvider', BearerKey, { bearer, xOwnKey: header('x-own-key') }],
    ['SessionProvider', Session, { session: { type: 'apiKey', in: 'cookie', name: '__Host-sid' } }],
    [
      'AccessTokenProvider',
      issuer(),
      { bearer, openIdConnect: openId('https://id.example/.well-known/openid-configuration') },
    ],
    ['PassportProvider of a cookie', Cookie, { token: { type: 'apiKey', in: 'cookie', name: 'token' } }],
    ['Negotiate', scripted({ schemes: ['negotiate'] }), { negotiate: { type: 'http', scheme: 'negotiate' } }],
    ['certificates', scripted({ credential: 'tls' }), { mutualTLS: { type: 'mutualTLS' } }],
    ['Authorization in a way of its own', scripted({}), { authorization: header('Authorization') }],
    [
      'several headers',
      scripted({ credential: ['X-Partner-Id', 'authorization'], schemes: ['basic'] }),
      { basic, xPartnerId: header('x-partner-id') },
    ],
    [
      'DPoP beside Bearer',
      scripted({
        schemes: ['bearer', 'dpop'],
        describe: { dpop: { algorithms: ['ES256'], required: false } },
      }),
      { bearer, dpop: { type: 'http', scheme: 'dpop' } },
    ],
    [
      'DPoP alone',
      scripted({
        schemes: ['bearer', 'dpop'],
        describe: { dpop: { algorithms: ['ES256'], required: true } },
      }),
      { dpop: { type: 'http', scheme: 'dpop' } },
    ],
    [
      'tokens that are bound to certificates',
      scripted({ schemes: ['bearer'], describe: { mtls: true } }),
      { bearer },
    ],
    [
      'a provider that describes its own',
      scripted({
        credential: 'cookie',
        describe: { securitySchemes: { sid: { type: 'apiKey', in: 'cookie', name: 'sid' } } },
      }),
      { sid: { type: 'apiKey', in: 'cookie', name: 'sid' } },
    ],
  ];
  for (const [what, provider, expected] of cases) {
    it(`are those of ${what}`, async () => {
      const { document, schemes } = schemesOf(provider);
      expect(schemes).to.deep.equal(expected);
      expect(document.paths['/notes']!['get']!.security).to.deep.equal(
        Object.keys(expected).map((name) => ({ [name]: [] })),
      );
      await expectValid(document);
    });
  }

  it('are alternatives in the order of the providers, each once', () => {
    const { document, schemes } = schemesOf(PasswordProvider, Token, issuer());
    expect(Object.keys(schemes!)).to.deep.equal(['basic', 'bearer', 'authenticationToken', 'openIdConnect']);
    expect(document.paths['/notes']!['get']!.security!.flatMap(Object.keys)).to.deep.equal(
      Object.keys(schemes!),
    );
  });

  it('have one for each issuer', () => {
    const by = (name: string, openIdConnectUrl: string) =>
      scripted({ name, schemes: ['bearer'], describe: { openIdConnectUrl } });
    const { schemes } = schemesOf(by('a', oidc('one')), by('b', oidc('two')), by('c', oidc('one')));
    expect(schemes).to.deep.equal({
      bearer,
      openIdConnect: openId(oidc('one')),
      openIdConnect2: openId(oidc('two')),
    });
  });

  it('are none for a body, and the operation is not stated as open', () => {
    const { document, schemes } = schemesOf(scripted({ credential: 'body' }));
    expect(schemes).to.equal(undefined);
    const operation = document.paths['/notes']!['get']!;
    expect(operation).to.not.have.property('security');
    expect(operation.responses).to.include.keys('401');
  });

  it('are none for a provider that reads no request', () => {
    const { schemes } = schemesOf(PasswordProvider, scripted({ name: 'form', credential: [], schemes: [] }));
    expect(schemes).to.deep.equal({ basic });
  });

  it('are refused for a cookie without a name', () => {
    expect(() => schemesOf(scripted({ name: 'Own', credential: 'cookie' }))).to.throw(
      ConfigurationError,
      /Own reads a cookie.*securitySchemes/,
    );
  });

  it('are refused where two providers mean two schemes by one name', () => {
    const of = (name: string, cookie: string) =>
      scripted({
        name,
        describe: { securitySchemes: { sid: { type: 'apiKey', in: 'cookie', name: cookie } } },
      });
    expect(() => schemesOf(of('One', 'a'), of('Two', 'b'))).to.throw(ConfigurationError, /One and Two.*sid/);
  });

  for (const securitySchemes of [null, [], 'x', { 'a b': basic }, { a: null }, { a: 'basic' }]) {
    it(`are refused where a provider describes ${JSON.stringify(securitySchemes)}`, () => {
      const own = scripted({ name: 'Own', describe: { securitySchemes } as unknown as ProviderDescription });
      expect(() => schemesOf(own)).to.throw(ConfigurationError, 'Own');
    });
  }
});
