/** What a whole app answers to each Authorization header of the vectors, on a guarded and an open action. */
import type http from 'node:http';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import { Authorized, CurrentUser, Get, JsonController, Post } from 'routing-controllers';
import { Service } from 'typedi';
import {
  AuthProvider,
  PasswordProvider,
  securest,
  TokenInvalidError,
  TokenProvider,
  type User,
  Userstore,
  type VerifiedToken,
} from '../../src';
import { basic, DRIVERS, TestServer } from '../support/drivers';
import { cheapPasswords } from '../support/hashers';
import { MemoryLogger, reset } from '../support/reset';
import { type Reply, toReply } from '../support/scripted';
import file from '../vectors/authorization_headers.json';

interface Vector {
  id: string;
  kind: string;
  header?: string;
  headers?: Record<string, string | string[] | undefined>;
  query?: string | null;
  form?: string | null;
  expect: string;
  status?: number;
  user?: string | null;
  pass?: string | null;
  why: string;
  source: string;
}

/** What a client gets: the user's name, or the status with what the challenge says was wrong. */
type Outcome =
  | { status: 200; user: string }
  | { status: 401 | 400; code: string; error?: 'invalid_token' | 'invalid_request' }
  | { status: 403 };

const MISSING: Outcome = { status: 401, code: 'authentication_required' };
const BAD: Outcome = { status: 401, code: 'invalid_credentials' };
const MALFORMED: Outcome = { status: 401, code: 'malformed_credentials' };
const TOKEN_INVALID: Outcome = { ...BAD, error: 'invalid_token' };
const TOKEN_MALFORMED: Outcome = { status: 400, code: 'invalid_request', error: 'invalid_request' };

/** Who each token of the vectors that is a good one stands for. */
const TOKENS: Readonly<Record<string, string>> = {
  'mF_9.B5f-4.1JqM': 'mF_9.B5f-4.1JqM',
  'test-token': 'test-token',
  'dGVzdC10b2tlbg==': 'dGVzdC10b2tlbg==',
  'low-scope': 'low-scope',
};

/** The Basic vectors that say neither "ok" nor "skip"; `fail` depends on whether a user is named. */
const BASIC: Readonly<Record<string, Outcome>> = {
  'policy-empty-password': MALFORMED,
  'policy-unpadded': MALFORMED,
  'policy-noncanonical': MALFORMED,
  'policy-case': BAD,
  'fail-fast': MALFORMED,
};

/** The Bearer vectors, and those of other headers, by their ids. */
const OTHERS: Readonly<Record<string, Outcome>> = {
  74: { status: 200, user: 'mF_9.B5f-4.1JqM' },
  75: MISSING,
  76: MISSING,
  77: MISSING,
  78: TOKEN_INVALID,
  79: { status: 403 },
  // Query and form parameters are never read, so there is one method, and no parameter to repeat.
  80: { status: 200, user: 'test-token' },
  81: { status: 200, user: 'test-token' },
  82: MISSING,
  // Not what RFC 6750 calls a token: its section 3.1 asks for 400 where the vectors let 401 pass.
  83: TOKEN_MALFORMED,
  85: { status: 200, user: 'test-token' },
  86: { status: 200, user: 'dGVzdC10b2tlbg==' },
  87: TOKEN_MALFORMED,
  88: TOKEN_MALFORMED,
  89: MISSING,
  90: TOKEN_MALFORMED,
  91: { status: 400, code: 'invalid_request' },
  93: MISSING,
  94: MISSING,
  96: { ...MALFORMED, error: 'invalid_token' },
  // There is no provider for Negotiate here, so no challenge of that scheme.
  97: MISSING,
  98: MISSING,
};

/** Where the answer is another than the vector's `status`; each line of OTHERS says why. */
const OTHER_STATUS = ['80', '81', '82', '83', '87', '88', '90'];

/** Answered by Node's parser before any app sees it, with its limit of 16 KiB for all headers. */
const REFUSED_BY_NODE = '73';

const vectors: readonly Vector[] = file.vectors;
const sent = vectors.filter(({ id }) => id !== REFUSED_BY_NODE);

function outcomeOf(vector: Vector): Outcome {
  const { id, kind, expect: expected, user, pass } = vector;
  const listed = kind === 'basic' ? BASIC[expected] : OTHERS[id];
  if (listed !== undefined) return listed;
  if (expected === 'ok' && user != null) return { status: 200, user };
  if (expected === 'fail') return user && pass ? BAD : MALFORMED;
  if (expected !== 'skip') throw new Error(`${id}: nothing is said about ${expected}`);
  // A token that nobody issued is no reason for Basic, but it is Bearer's.
  return vector.header?.startsWith('Bearer ') === true ? TOKEN_INVALID : MISSING;
}

/** The users that the vectors log in, and those behind the good tokens. */
function usersOf(): Map<string, User> {
  const users = new Map<string, User>();
  for (const { kind, expect: expected, user, pass } of vectors) {
    if (kind !== 'basic' || expected !== 'ok' || user == null || pass == null) continue;
    if (!users.has(user)) users.set(user, { username: user, password: hashSync(pass, 4), roles: ['full'] });
  }
  for (const name of Object.values(TOKENS)) {
    users.set(name, { username: name, roles: name === 'low-scope' ? [] : ['full'] });
  }
  return users;
}

/** What importing a class does for an app: it is there. */
function load(..._classes: unknown[]): void {}

class Server implements AsyncDisposable {
  private constructor(
    private readonly server: TestServer,
    /** The names that the store was asked for. */
    readonly asked: string[],
  ) {}

  static async start(build: (options: ReturnType<typeof securest>) => http.RequestListener): Promise<Server> {
    const users = usersOf();
    const asked: string[] = [];

    @Userstore()
    class Users {
      getUser(name: string) {
        asked.push(name);
        return users.get(name);
      }
    }
    @Service()
    class Tokens {
      verify(token: string): VerifiedToken {
        const subject = TOKENS[token];
        if (subject === undefined) throw new TokenInvalidError();
        const issuedAt = new Date();
        const expiresAt = new Date(issuedAt.getTime() + 600_000);
        const login = { authenticatedAt: issuedAt, methods: undefined, scopes: undefined };
        return { subject, id: '1', issuedAt, expiresAt, claims: {}, ...login };
      }
    }
    @AuthProvider(1)
    class Password extends PasswordProvider {
      constructor() {
        super({ passwords: cheapPasswords });
      }
    }
    @AuthProvider(2)
    class Token extends TokenProvider {
      constructor(tokens: Tokens) {
        super(tokens);
      }
    }
    @JsonController()
    class Api {
      @Authorized('full') @Get('/guarded') guarded(@CurrentUser() user: User) {
        return { user: user.username };
      }
      @Authorized('full') @Post('/guarded') change(@CurrentUser() user: User) {
        return { user: user.username };
      }
      @Get('/open') open(@CurrentUser() user?: User) {
        return { user: user?.username ?? null };
      }
      @Post('/open') add(@CurrentUser() user?: User) {
        return { user: user?.username ?? null };
      }
    }
    const logger = new MemoryLogger();
    load(Users, Password, Token);
    const listener = build(securest({ controllers: [Api], security: { logger } }));
    const server = new Server(await TestServer.start(listener), asked);
    // One known user, so that unknown ones cost as little.
    expect((await server.send('/guarded', { headers: basic('foo', 'bar') })).status).to.equal(200);
    return server;
  }

  async send(path: string, vector: Pick<Vector, 'header' | 'headers' | 'query' | 'form'>): Promise<Reply> {
    const { header, headers, query, form } = vector;
    const target = query == null ? path : `${path}?${query}`;
    const own = header === undefined ? headers : { authorization: header };
    if (form == null) return toReply(await this.server.raw(target, { headers: { ...own } }));
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return toReply(await this.server.raw(target, { method: 'POST', headers: { ...own, ...type } }, form));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}

/** The challenges of both providers, Bearer first. */
function challengesFor(error?: string): string[] {
  const bearer = error === undefined ? '' : `, error="${error}"`;
  return [`Bearer realm="api"${bearer}`, 'Basic realm="api", charset="UTF-8"'];
}

describe('The Authorization header vectors', () => {
  it('are all here, and each has its answer', () => {
    expect(vectors).to.have.length(73);
    expect(new Set(vectors.map(({ id }) => id)).size).to.equal(73);
    expect(sent).to.have.length(72);
    expect(sent.filter((vector) => outcomeOf(vector).status === 200)).to.have.length(13);
    const others = vectors.filter(({ kind }) => kind !== 'basic');
    expect(others.map(({ id }) => id)).to.have.members(Object.keys(OTHERS));
  });

  it('are answered with their own status, but for those that are named', () => {
    const differing = vectors.filter(
      (vector) => vector.status !== undefined && vector.status !== outcomeOf(vector).status,
    );
    expect(differing.map(({ id }) => id)).to.deep.equal(OTHER_STATUS);
  });
});

for (const driver of DRIVERS) {
  describe(`Authorization headers on ${driver.name}`, () => {
    let server: Server;
    before(async () => {
      reset();
      server = await Server.start((options) => driver.build(options));
    });
    after(() => server[Symbol.asyncDispose]());

    for (const vector of sent) {
      const outcome = outcomeOf(vector);
      const told = 'code' in outcome ? ` ${outcome.code}` : '';
      const shown = JSON.stringify(vector.header ?? vector.headers ?? vector.query ?? vector.form).slice(
        0,
        60,
      );
      it(`${outcome.status}${told} for ${shown} (${vector.expect}): ${vector.why || vector.source}`, async () => {
        server.asked.length = 0;
        const guarded = await server.send('/guarded', vector);
        expect(guarded.status).to.equal(outcome.status);
        const open = await server.send('/open', vector);

        if (outcome.status === 403) {
          // A token without the right: on an open action it is a login like any other.
          expect(guarded.json()['code']).to.equal('access_denied');
          expect([open.status, open.json()['user']]).to.deep.equal([200, 'low-scope']);
          return;
        }
        if (outcome.status === 200) {
          expect(guarded.json()).to.deep.equal({ user: outcome.user });
          expect(open.json()).to.deep.equal({ user: outcome.user });
          expect(guarded.challenges).to.deep.equal([]);
          expect(server.asked).to.deep.equal([outcome.user, outcome.user]);
          return;
        }
        expect(guarded.json()['code']).to.equal(outcome.code);
        expect(guarded.challenges).to.deep.equal(challengesFor(outcome.error));
        if (outcome === MISSING) {
          expect([open.status, open.json()['user']]).to.deep.equal([200, null]);
        } else {
          expect([open.status, open.text]).to.deep.equal([guarded.status, guarded.text]);
          expect(open.challenges).to.deep.equal(guarded.challenges);
        }
        // The store sees a name only where the credentials could be read. One row explains its own.
        const name = vector.user?.replace(/ \(.*\)$/, '');
        expect(server.asked).to.deep.equal(outcome === BAD ? [name, name] : []);
      });
    }

    it("is Node's own 431 for a header beyond its limit, and the next request is served", async () => {
      const vector = vectors.find(({ id }) => id === REFUSED_BY_NODE)!;
      server.asked.length = 0;
      expect((await server.send('/guarded', vector)).status).to.equal(431);
      expect(server.asked).to.deep.equal([]);
      expect((await server.send('/guarded', { headers: basic('foo', 'bar') })).status).to.equal(200);
    });
  });
}
