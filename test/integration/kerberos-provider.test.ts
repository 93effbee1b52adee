import {
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Authentication } from '../../src/core/authentication';
import { listenForProblems, type Problem, PROBLEM_SOURCE } from '../../src/core/events';
import type { SecurityRequest } from '../../src/core/request';
import type { User } from '../../src/core/user';
import {
  BadCredentialsError,
  ConfigurationError,
  MalformedCredentialsError,
  ServiceUnavailableError,
} from '../../src/errors';
import { KerberosProvider } from '../../src/kerberos/kerberos-provider';
import type { KerberosProviderOptions } from '../../src/kerberos/kerberos-options';
import { fakeRequest } from '../support/fake-request';
import { describeAuthProvider } from '../contract/describe-auth-provider';
import { describeWith } from './describe-with';
import {
  flipped,
  FOREIGN,
  KerberosRealm,
  kerberosPackage,
  negotiate,
  REALM,
  whyNoKerberos,
} from './kerberos-realm';

const options = { service: 'HTTP@localhost', realms: [REALM] };
const NTLM = Buffer.from('NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2'.padEnd(40, '\0'), 'latin1');
/** SPNEGO that offers Kerberos and brings no ticket: accepting it would take a second message. */
const NO_TICKET = Buffer.from(
  '602506062b0601050502a01b3019a017301506092a864886f71201020206082b0601050502aa00',
  'hex',
);

describeWith(whyNoKerberos(), 'KerberosProvider with a KDC', function () {
  let realm: KerberosRealm;

  before(async function () {
    this.timeout(60_000);
    realm = new KerberosRealm();
    await realm.start();
  });
  after(() => realm.stop());

  const users = { getUser: (username: string): User => ({ username }) };
  const create = (more: Partial<KerberosProviderOptions> = {}) =>
    new KerberosProvider({ ...options, ...more });
  const errorOf = async (request: SecurityRequest, provider = create()): Promise<unknown> => {
    try {
      await provider.authenticate(request, users);
    } catch (error) {
      return error;
    }
    return expect.fail('granted');
  };
  const login = async (request: SecurityRequest, provider = create()): Promise<Authentication> => {
    const result = await provider.authenticate(request, users);
    expect(result).to.be.instanceOf(Authentication);
    return result as Authentication;
  };

  describeAuthProvider('KerberosProvider', async () => {
    const provider = create();
    const fresh = async (how?: Parameters<KerberosRealm['ticket']>[1]) =>
      (await realm.ticket('alice', how)).token;
    const used = await realm.request('alice');
    await login(used, provider);
    const whole = await fresh();
    return {
      provider,
      users: [
        { username: 'alice' },
        { username: 'bob', active: true },
        { username: 'mallory', active: false },
      ],
      requestFor: (username) => realm.request(username),
      wrong: {
        'a replay': used,
        'a ticket for another service, which the keytab has': await realm.request('alice', {
          service: 'HTTP@other.test',
        }),
        'a bit of the ticket': negotiate(flipped(await fresh(), 300)),
        'a bit of the authenticator': negotiate(flipped(await fresh(), -40)),
        'a foreign realm': await realm.request(`alice@${FOREIGN}`),
        "an instance of alice's": await realm.request('alice/admin'),
      },
      malformed: {
        'nothing after the scheme': negotiate(''),
        'no base64': negotiate('canary!'),
        junk: negotiate(Buffer.from('canary of junk')),
        NTLM: negotiate(NTLM),
        'no ticket': negotiate(NO_TICKET),
        'a half token': negotiate(Buffer.from(whole, 'base64').subarray(0, 400)),
        'more than 64 KiB': negotiate(Buffer.alloc(49_153, 1)),
      },
      secrets: ['canary'],
    };
  });

  it('proves the server to the client, who refuses a forged proof (RFC 4559 section 5)', async () => {
    const provider = create();
    const proofs: string[] = [];
    for (const change of [
      (token: string) => token,
      (token: string) => flipped(token, -20),
      () => proofs[0] ?? '',
    ]) {
      const { client, token } = await realm.ticket('alice');
      const { replyHeaders } = await login(negotiate(token), provider);
      const [scheme, proof = ''] = String(replyHeaders['WWW-Authenticate']).split(' ');
      expect(scheme).to.equal('Negotiate');
      proofs.push(proof);
      expect(client.contextComplete).to.equal(false);
      const isForged = change(proof) !== proof;
      const refused = await client.step(change(proof)).then(
        () => false,
        () => true,
      );
      expect(refused).to.equal(isForged);
      expect(client.contextComplete).to.equal(!isForged);
    }
    expect(new Set(proofs)).to.have.length(3);
  });

  it('takes the bare Kerberos token that some clients send, and proves itself in the same form', async () => {
    const { client, token } = await realm.ticket('alice', { isRaw: true });
    const { replyHeaders } = await login(negotiate(token));
    await client.step(String(replyHeaders['WWW-Authenticate']).split(' ')[1] ?? '');
    expect(client.contextComplete).to.equal(true);
  });

  it('says who it was and how', async () => {
    const { user, methods, claims } = await login(await realm.request('alice'));
    expect({ user, methods, claims }).to.deep.equal({
      user: { username: 'alice' },
      methods: ['kerberos'],
      claims: { principal: `alice@${REALM}` },
    });
  });

  it('never takes a token with a changed bit for another user, and none with one in what is encrypted', async () => {
    const provider = create();
    const { length } = Buffer.from((await realm.ticket('alice')).token, 'base64');
    for (let at = 0; at < length; at += 13) {
      const request = negotiate(flipped((await realm.ticket('alice')).token, at));
      const result = await provider.authenticate(request, users).catch((error: unknown) => error);
      if (result instanceof Authentication) {
        expect(at, 'a bit of the ticket or the authenticator').to.be.below(170);
        expect(result.user.username).to.equal('alice');
      } else {
        const isRefusal =
          result instanceof BadCredentialsError || result instanceof MalformedCredentialsError;
        expect(isRefusal, String(at)).to.equal(true);
      }
    }
  });

  it('asks its function who a principal is, in each realm that is allowed', async () => {
    const provider = create({
      realms: [REALM, FOREIGN],
      username: ({ components, realm: of }) => (components.length > 1 ? null : `${components[0]} of ${of}`),
    });
    expect((await login(await realm.request('alice'), provider)).user.username).to.equal(`alice of ${REALM}`);
    const foreign = await login(await realm.request(`alice@${FOREIGN}`), provider);
    expect(foreign.user.username).to.equal(`alice of ${FOREIGN}`);
    expect(await errorOf(await realm.request('alice/admin'), provider)).to.be.instanceOf(BadCredentialsError);
  });

  it('takes a well-known principal, which anybody can be, for nobody, whatever its function says (RFC 8062)', async () => {
    const provider = create({ username: () => 'alice' });
    await login(await realm.request('alice'), provider);
    const request = await realm.request('WELLKNOWN/GUEST');
    expect(await errorOf(request, provider)).to.be.instanceOf(BadCredentialsError);
  });

  it('compares realms exactly', async () => {
    for (const allowed of [REALM.toLowerCase(), 'NOTES', `${REALM}.`, 'TEST', `${REALM}X`]) {
      const provider = create({ realms: [allowed] });
      expect(await errorOf(await realm.request('alice'), provider), allowed).to.be.instanceOf(
        BadCredentialsError,
      );
    }
  });

  it('compares realms as Active Directory does where it is told to, and gives them as they are listed', async () => {
    for (const listed of [REALM, REALM.toLowerCase(), 'Notes.Test']) {
      const username = ({ realm: of }: { realm: string }): string => `alice of ${of}`;
      const provider = create({ realms: [listed], ignoreRealmCase: true, username });
      expect((await login(await realm.request('alice'), provider)).user.username).to.equal(
        `alice of ${listed}`,
      );
    }
    for (const other of ['notes', `${REALM}.`, FOREIGN]) {
      const provider = create({ realms: [other], ignoreRealmCase: true });
      expect(await errorOf(await realm.request('alice'), provider)).to.be.instanceOf(BadCredentialsError);
    }
  });

  it('offers Negotiate to all, or to those that it is told, and takes tickets of the others all the same', async () => {
    const curl = fakeRequest({ headers: { 'user-agent': 'git/2.39' } });
    expect(create().challenge(curl)).to.deep.equal({ scheme: 'Negotiate' });
    const provider = create({
      offerTo: (request) => request.header('user-agent')?.startsWith('git/') !== true,
    });
    expect(provider.challenge(curl)).to.equal(undefined);
    expect(provider.challenge(fakeRequest({}))).to.deep.equal({ scheme: 'Negotiate' });
    const { authorization } = await realm.header('alice');
    const ticket = fakeRequest({ headers: { authorization, 'user-agent': 'git/2.39' } });
    expect((await login(ticket, provider)).user.username).to.equal('alice');
  });

  it('has no challenge where the function says neither yes nor no', () => {
    for (const value of [undefined, 1, 'yes', Promise.resolve(true), Promise.reject(new Error('late'))]) {
      const provider = create({ offerTo: () => value as never });
      expect(() => provider.challenge(fakeRequest({}))).to.throw(TypeError, 'offerTo');
    }
  });

  it('takes nothing but a name from its function', async () => {
    for (const value of [undefined, null]) {
      const provider = create({ username: () => value });
      expect(await errorOf(await realm.request('alice'), provider)).to.be.instanceOf(BadCredentialsError);
    }
    for (const value of ['', 1, true, {}, ['alice']]) {
      const provider = create({ username: () => value as string });
      expect(await errorOf(await realm.request('alice'), provider)).to.be.instanceOf(TypeError);
    }
    const thrown = new Error('of the app');
    const provider = create({ username: () => Promise.reject(thrown) });
    expect(await errorOf(await realm.request('alice'), provider)).to.equal(thrown);
  });

  it('keeps no credentials that a client delegates', async () => {
    const { GSS_C_DELEG_FLAG, GSS_C_MUTUAL_FLAG } = kerberosPackage();
    const plain = await realm.ticket('alice');
    const ticket = await realm.ticket('alice', { flags: GSS_C_DELEG_FLAG | GSS_C_MUTUAL_FLAG });
    expect(ticket.token.length).to.be.greaterThan(plain.token.length + 500);
    const files = readdirSync(realm.kdc.folder);
    const result = await login(negotiate(ticket.token));
    expect(readdirSync(realm.kdc.folder)).to.have.members(files);
    expect(JSON.stringify(result)).to.not.include('krbtgt');
  });

  it('is unavailable while the keytab is away, and recovers', async () => {
    const provider = create();
    renameSync(realm.keytab, `${realm.keytab}.away`);
    try {
      const error = await errorOf(await realm.request('alice'), provider);
      expect(error).to.be.instanceOf(ServiceUnavailableError);
      expect(String((error as Error).cause))
        .to.include('The keytab cannot be used')
        .and.include(realm.keytab);
    } finally {
      renameSync(`${realm.keytab}.away`, realm.keytab);
    }
    await login(await realm.request('alice'), provider);
  });

  it('is unavailable where replays could not be told', async () => {
    const provider = create();
    process.env['KRB5RCACHEDIR'] = join(realm.kdc.folder, 'absent');
    try {
      const error = await errorOf(await realm.request('alice'), provider);
      expect(error).to.be.instanceOf(ServiceUnavailableError);
    } finally {
      process.env['KRB5RCACHEDIR'] = realm.kdc.folder;
    }
  });

  it('does not start where the environment switches the replay cache off', () => {
    for (const [name, value] of [
      ['KRB5RCACHENAME', 'none:'],
      ['KRB5RCACHETYPE', 'none'],
    ] as const) {
      process.env[name] = value;
      try {
        expect(() => create()).to.throw(ConfigurationError, `${name} switches`);
      } finally {
        Reflect.deleteProperty(process.env, name);
      }
    }
  });

  it('refuses replays where the name of the replay cache counts before its type', async () => {
    Object.assign(process.env, { KRB5RCACHENAME: 'dfl:', KRB5RCACHETYPE: 'none' });
    try {
      const provider = create();
      const request = await realm.request('alice');
      await login(request, provider);
      expect(await errorOf(request, provider)).to.be.instanceOf(BadCredentialsError);
    } finally {
      Reflect.deleteProperty(process.env, 'KRB5RCACHENAME');
      Reflect.deleteProperty(process.env, 'KRB5RCACHETYPE');
    }
  });

  it('does no work for a client that has gone', async () => {
    const { authorization } = await realm.header('alice');
    const request = { ...negotiate(authorization.slice('Negotiate '.length)), signal: AbortSignal.abort() };
    expect(await errorOf(request)).to.be.instanceOf(ServiceUnavailableError);
  });

  it('needs no KDC to be up', async () => {
    const request = await realm.request('alice');
    await realm.kdc.stop();
    try {
      expect((await login(request)).user.username).to.equal('alice');
    } finally {
      await realm.kdc.start();
    }
  });

  describe('tells what is set up wrongly', () => {
    /** What a provider says of itself, and of requests. */
    const problemsOf = async (
      requests: readonly SecurityRequest[],
      provider = create(),
    ): Promise<readonly string[]> => {
      const problems: Problem[] = [];
      for (const request of requests) {
        listenForProblems(request, (problem) => problems.push(problem));
        await errorOf(request, provider);
      }
      return problems.map(({ problem }) => problem);
    };

    it('at start, when the keytab has no key of the service', () => {
      expect(() => create({ service: 'HTTP@absent.test' }))
        .to.throw(ConfigurationError)
        .with.property('message')
        .that.includes('no key for HTTP/absent.test')
        .and.includes(`HTTP/localhost@${REALM}, HTTP/other.test@${REALM}`);
    });

    it('at start, when the keytab is not there, and when another is in use', () => {
      expect(() => create({ keytab: '/absent/http.keytab' })).to.throw(ConfigurationError, 'one keytab');
      const present = process.env['KRB5_KTNAME'];
      process.env['KRB5_KTNAME'] = 'FILE:/absent/http.keytab';
      try {
        expect(() => create()).to.throw(ConfigurationError, 'is not there');
      } finally {
        process.env['KRB5_KTNAME'] = present;
      }
    });

    it('at start, when everybody may read the keytab', () => {
      const problems: Problem[] = [];
      for (const mode of [0o644, 0o600]) {
        chmodSync(realm.keytab, mode);
        create()[PROBLEM_SOURCE]((problem) => problems.push(problem))();
      }
      expect(problems).to.have.length(1);
      expect(problems[0]?.problem).to.include('chmod 600');
    });

    it('soon after the start, when libkrb5 finds no key', async () => {
      const present = process.env['KRB5_KTNAME'];
      process.env['KRB5_KTNAME'] = 'MEMORY:absent';
      try {
        const provider = create();
        const problem = await new Promise<Problem>((hear) => provider[PROBLEM_SOURCE](hear));
        expect(problem.problem)
          .to.include('libkrb5 has no key for HTTP/localhost')
          .and.include('KRB5_KTNAME');
      } finally {
        process.env['KRB5_KTNAME'] = present;
      }
    });

    it('soon after the start, when the name is not canonical', async () => {
      const present = { ...process.env };
      const config = join(realm.kdc.folder, 'canonical.conf');
      const text = readFileSync(realm.kdc.env['KRB5_CONFIG'] ?? '', 'utf8');
      // The name service knows a name for this address, and libkrb5 then looks for a key of that name.
      writeFileSync(config, text.replace(/(dns_canonicalize_hostname|rdns) = false/g, '$1 = true'));
      const keytab = realm.kdc.addServices('address.keytab', 'HTTP/127.0.0.1');
      Object.assign(process.env, { KRB5_KTNAME: `FILE:${keytab}`, KRB5_CONFIG: config });
      try {
        const provider = create({ service: 'HTTP@127.0.0.1' });
        const problem = await new Promise<Problem>((hear) => provider[PROBLEM_SOURCE](hear));
        expect(problem.problem)
          .to.include('has a key for HTTP/127.0.0.1, but libkrb5 takes the host for another')
          .and.include('dns_canonicalize_hostname = false');
        const request = await realm.request('alice');
        expect(await errorOf(request, provider)).to.be.instanceOf(ServiceUnavailableError);
      } finally {
        const { KRB5_KTNAME, KRB5_CONFIG } = present;
        Object.assign(process.env, { KRB5_KTNAME, KRB5_CONFIG });
      }
    });

    it('once, when a client sends NTLM', async () => {
      const problems = await problemsOf([negotiate(NTLM), negotiate(NTLM)]);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include('NTLM');
    });

    it('once, when tickets come for another service', async () => {
      const requests = [];
      for (const service of ['HTTP@other.test', 'HTTP@other.test']) {
        requests.push(await realm.request('alice', { service }));
      }
      const problems = await problemsOf(requests);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include('HTTP/other.test').and.include('must be the one in `service`');
    });

    it('once, when a realm is listed in other letters, or not at all', async () => {
      for (const [realms, words] of [
        [[REALM.toLowerCase()], 'with other capitals'],
        [[FOREIGN], 'not in `realms`'],
      ] as const) {
        const requests = [await realm.request('alice'), await realm.request('alice')];
        const problems = await problemsOf(requests, create({ realms }));
        expect(problems).to.have.length(1);
        expect(problems[0]).to.include(words);
      }
    });

    it('once, when a principal has no user name, or the userstore no such user', async () => {
      const stored = {
        getUser: (name: string): User | null => (name === 'alice' ? { username: name } : null),
      };
      for (const [principal, words] of [
        ['host/web.test', 'returned no username'],
        ['ALICE', 'canonicalize'],
        ['BOB', 'userstore does not have'],
        ['bob', 'userstore does not have'],
      ] as const) {
        const provider = create();
        const problems: string[] = [];
        for (let time = 0; time < 2; time += 1) {
          const request = await realm.request(principal);
          listenForProblems(request, ({ problem }) => problems.push(problem));
          const error: unknown = await Promise.resolve(provider.authenticate(request, stored)).catch(
            (reason: unknown) => reason,
          );
          expect(error, principal).to.be.instanceOf(BadCredentialsError);
        }
        expect(problems, principal).to.have.length(1);
        expect(problems[0], principal).to.include(words);
      }
    });

    it('again after an hour', async () => {
      let now = 0;
      const provider = create({ clock: () => now });
      expect(await problemsOf([negotiate(NTLM), negotiate(NTLM)], provider)).to.have.length(1);
      now = 3_600_000;
      expect(await problemsOf([negotiate(NTLM)], provider)).to.have.length(1);
    });

    it('when the KDC has a newer key than the keytab', async () => {
      const path = join(realm.kdc.folder, 'stale.keytab');
      const stale = realm.kdc.addServices('stale.keytab', 'HTTP/stale.test');
      expect(stale).to.equal(path);
      const present = process.env['KRB5_KTNAME'];
      process.env['KRB5_KTNAME'] = `FILE:${stale}`;
      try {
        const provider = create({ service: 'HTTP@stale.test' });
        realm.kdc.renewKey('newer.keytab', 'HTTP/stale.test');
        const [problem] = await problemsOf(
          [await realm.request('carol', { service: 'HTTP@stale.test' })],
          provider,
        );
        expect(problem).to.include('newer key').and.include('write the keytab anew');
        // A keytab that is replaced counts at once.
        unlinkSync(stale);
        symlinkSync(join(realm.kdc.folder, 'newer.keytab'), stale);
        await login(await realm.request('carol', { service: 'HTTP@stale.test' }), provider);
      } finally {
        process.env['KRB5_KTNAME'] = present;
      }
    });
  });
});
