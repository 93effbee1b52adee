/** A body can take minutes. A login that ends meanwhile adds no credential that outlasts it. */
import http from 'node:http';
import { expect } from 'chai';
import {
  apiKeyController,
  ApiKeyProvider,
  ApiKeys,
  type Constructor,
  MemoryFactors,
  MemoryState,
  otpController,
  OtpService,
  passwordController,
  sessionController,
  SessionProvider,
  SessionService,
  type User,
} from '../../src';
import { codeOf, stepAt } from '../../src/factors/one-time-code';
import { passkeyController, PasskeyService } from '../../src/passkeys';
import { Authenticator, type CreationOptions } from '../support/authenticator';
import { fromBase32 } from '../support/base32';
import { Browser } from '../support/browser';
import type { TestServer } from '../support/drivers';
import { CheapPasswordProvider, cheapPasswords } from '../support/hashers';
import { OWN_DRIVERS, type OwnDriver } from '../support/own-drivers';
import { reset } from '../support/reset';
import { SecuredServer } from '../support/secured-server';

const START = 1_800_000_000_000;
const ORIGIN = 'https://app.example';
const PASSWORD = 'correct horse';
const HASH = cheapPasswords.hash(PASSWORD);
const SECRET = 'a secret of more than thirty-two bytes';

/** A request whose body is sent in two parts: resolves once the server has begun to read it. */
async function begin(
  server: TestServer,
  path: string,
  headers: Record<string, string>,
  body: object,
): Promise<{ finish(): Promise<number> }> {
  const text = JSON.stringify(body);
  const request = http.request(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': text.length, ...headers },
  });
  const reading = new Promise<void>((resolve) => {
    server.server.prependOnceListener('request', (arrived: http.IncomingMessage) => {
      arrived.on('newListener', (event) => {
        if (event === 'data' || event === 'readable') resolve();
      });
    });
  });
  const status = new Promise<number>((resolve, reject) => {
    request.on('error', reject).on('response', (reply) => {
      reply.resume().on('end', () => {
        resolve(reply.statusCode ?? 0);
      });
    });
  });
  request.write(text.slice(0, 1));
  await Promise.race([reading, status]);
  return {
    finish: () => {
      request.end(text.slice(1));
      return status;
    },
  };
}

async function start(driver: OwnDriver) {
  reset();
  let ann: User = {
    username: 'ann',
    password: await HASH,
    id: 7,
    tokensValidFrom: new Date(START - 1000),
  };
  class Users {
    getUser(name: string): User | null {
      return name === 'ann' ? { ...ann } : null;
    }
    updatePassword(_user: User, password: string, _old: string, changes?: Partial<User>): boolean {
      ann = { ...ann, password, ...changes };
      return true;
    }
  }
  const state = new MemoryState({ clock: () => START });
  const store = new MemoryFactors();
  class Sessions extends SessionService {
    constructor() {
      super({ state });
    }
  }
  class Otp extends OtpService {
    constructor() {
      super({ store, secret: SECRET });
    }
  }
  class Passkeys extends PasskeyService {
    constructor() {
      super({ store, secret: SECRET, rpId: 'app.example', origins: [ORIGIN] });
    }
  }
  class Keys extends ApiKeys {
    constructor() {
      super({ state, prefix: 'notes' });
    }
  }
  const [sessions, otp, passkeys, keys] = [new Sessions(), new Otp(), new Passkeys(), new Keys()];
  class Session extends SessionProvider {
    constructor() {
      super(sessions);
    }
  }
  class Key extends ApiKeyProvider {
    constructor() {
      super(keys);
    }
  }
  const known = new Map<unknown, unknown>([[Sessions, sessions], [Otp, otp], [Passkeys, passkeys], [Keys, keys]]); // prettier-ignore
  const container = {
    get: <T>(cls: Constructor<T>): T => {
      const instance: unknown = known.get(cls) ?? new (cls as new () => object)();
      known.set(cls, instance);
      return instance as T;
    },
  };
  const api = await SecuredServer.start(driver, {
    controllers: [
      sessionController({ sessions: Sessions }),
      otpController({ otp: Otp, sessions: Sessions }),
      passkeyController({ passkeys: Passkeys, sessions: Sessions }),
      passwordController({ sessions: Sessions }),
      apiKeyController({ keys: Keys }),
    ],
    security: {
      container,
      userstores: [Users],
      providers: [CheapPasswordProvider, Key, Session],
      clock: () => START,
    },
  });
  const login = async (): Promise<Browser> => {
    const browser = new Browser(api.server);
    const { status } = await browser.send('POST', '/session', {
      body: { username: 'ann', password: PASSWORD },
    });
    expect(status).to.equal(200);
    return browser;
  };
  const added = async () => {
    const owner = { username: 'ann', userId: '7' };
    return {
      keys: (await keys.list({ username: 'ann' })).length,
      passkeys: await passkeys.isEnrolled(owner),
      codes: await otp.isEnrolled(owner),
    };
  };
  const disable = () => {
    ann = { ...ann, active: false };
  };
  return Object.assign(api, { login, added, disable });
}

type Api = Awaited<ReturnType<typeof start>>;

/** Begins the three requests that add a credential, as a browser that has the session. */
async function beginAll(api: Api, browser: Browser) {
  const { secret } = (await browser.send('POST', '/otp')).json() as { secret: string };
  const options = await browser.send('POST', '/passkeys/options', { body: { for: 'add' } });
  const response = new Authenticator(ORIGIN).create(options.json() as unknown as CreationOptions);
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const headers = { cookie, 'sec-fetch-site': 'same-origin' };
  return [
    await begin(api.server, '/api-keys', headers, { name: 'backup' }),
    await begin(api.server, '/passkeys', headers, { response }),
    await begin(api.server, '/otp/confirm', headers, { code: codeOf(fromBase32(secret), stepAt(START)) }),
  ];
}

/** What ends the login of another browser, by the user in their own. */
const ENDS: Readonly<Record<string, (api: Api, own: Browser) => Promise<unknown>>> = {
  'the user ends all other sessions': (_api, own) => own.send('DELETE', '/session/all'),
  'the user changes the password': (_api, own) =>
    own.send('PUT', '/password', { body: { currentPassword: PASSWORD, newPassword: 'quite another text' } }),
  'the account becomes inactive': async (api) => {
    api.disable();
    return Promise.resolve();
  },
};

for (const driver of OWN_DRIVERS) {
  describe(`A slow body on ${driver.name}`, () => {
    for (const [what, end] of Object.entries(ENDS)) {
      it(`adds no credential if ${what} meanwhile`, async () => {
        await using api = await start(driver);
        const [own, other] = [await api.login(), await api.login()];
        const begun = await beginAll(api, other);
        await end(api, own);
        for (const request of begun) expect(await request.finish()).to.equal(401);
        expect(await api.added()).to.deep.equal({ keys: 0, passkeys: false, codes: false });
      });
    }

    it('adds a credential if the login still counts', async () => {
      await using api = await start(driver);
      const [key, passkey] = await beginAll(api, await api.login());
      expect(await key?.finish()).to.equal(201);
      expect(await passkey?.finish()).to.equal(201);
      expect(await api.added()).to.deep.equal({ keys: 1, passkeys: true, codes: false });
    });

    it('adds no API key for a password that was changed meanwhile', async () => {
      await using api = await start(driver);
      const own = await api.login();
      const authorization = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`;
      const request = await begin(api.server, '/api-keys', { authorization }, { name: 'backup' });
      await ENDS['the user changes the password']?.(api, own);
      expect(await request.finish()).to.equal(401);
      expect((await api.added()).keys).to.equal(0);
    });
  });
}
