/** Tests of all userstores: grants that were issued before an account changed are refused afterwards. */
import { Readable } from 'node:stream';
import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import type { StateStoreInterface, User, UserstoreInterface } from '../../src';
import { runCli } from '../../src/cli/run-cli';
import { stampOf } from '../../src/core/stamp';
import { AccountApp, type Answer, type Grant, type Way } from './account-app';
import { basic, type Driver } from './drivers';
import { eventually } from './eventually';

const OLD = 'correct horse battery';
const NEW = 'staple in the meadow';
const NEWER = 'meadow in the staple';

/** The account of `ben` never changes. */
const PEOPLE = ['ann', 'bea', 'cleo', 'dora', 'eve', 'ben'] as const;

const HASH = hashSync(OLD, 4);

/** The users that a store must have. */
export function people(): User[] {
  return PEOPLE.map((username) => ({ username, password: HASH, tokensValidFrom: new Date() }));
}

export interface Accounts {
  readonly name: string;
  readonly stores: Readonly<Record<string, UserstoreInterface>>;
  readonly state: StateStoreInterface;
  /** The store's name on the command line; undefined if commands cannot change it. */
  readonly target?: string;
  close(): void | Promise<void>;
}

interface Change {
  readonly title: string;
  make(): Promise<void>;
  /** Allows logins again, if the change refuses all of them. */
  undo?(): Promise<void>;
  /** The password after the change. */
  readonly password: string;
  /** True if the name belongs to another person after the change. */
  readonly isAnother?: boolean;
}

/**
 * The places at which requests are held: before a login, between the login and its grant, and at each step of the
 * store.
 */
const LOGINS: readonly (readonly [Way, ...(readonly [place: string, nth: number])[]])[] = [
  ['start', ['answer', 1], ['read', 2], ['answer', 2], ['insert', 1], ['inserted', 1], ['listed', 1]],
  ['started', ['answer', 1], ['action', 1], ['insert', 1]],
  ['issue', ['answer', 1], ['action', 1]],
  ['key', ['answer', 1]],
  ['kept key', ['answer', 1]],
];
/** The keys of a user are created one after another, so one of each kind is held, at each place in turn. */
const KEY_PLACES = ['listed', 'insert', 'inserted'] as const;
/** The places that only the verification of a password passes: a cached password does not pass them. */
const PROOFS: readonly Way[] = ['start', 'started', 'issue', 'key', 'kept key'];
const REFRESHES = [
  ['got', 1],
  ['read', 1],
  ['answer', 1],
  ['swap', 1],
  ['swapped', 1],
] as const;
const LOOSE = 3;

/** Runs a command as the command line does. */
async function command(args: readonly string[], input = ''): Promise<void> {
  let err = '';
  const own = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  const value = Readable.from([Buffer.from(input)]);
  Object.defineProperty(process, 'stdin', { value, configurable: true });
  try {
    const code = await runCli(args, { out: () => undefined, err: (text) => (err += text) });
    expect(code, err).to.equal(0);
  } finally {
    Object.defineProperty(process, 'stdin', own);
  }
}

export function describeAccountRaces(
  driver: Driver,
  name: string,
  open: () => Accounts | Promise<Accounts>,
  { remembers = true, hasCommands = false }: { remembers?: boolean; hasCommands?: boolean } = {},
): void {
  describe(`What was got before an account changed, with ${name}, on ${driver.name}`, function () {
    this.timeout(60_000);
    let accounts: Accounts;
    let app: AccountApp;
    let rounds = 0;
    before(async () => {
      accounts = await open();
      app = await AccountApp.start(driver, { ...accounts, remembers });
    });
    after(async () => {
      await app[Symbol.asyncDispose]();
      await accounts.close();
    });

    const stamp = async (username: string) =>
      stampOf((await Object.values(accounts.stores)[0]?.getUser(username)) ?? {});

    /** The grants of requests that were running during the change. */
    const underWay = async (username: string, change: Change): Promise<readonly Grant[]> => {
      const login = basic(username, OLD);
      const held: { reply: Promise<Answer> }[] = [];
      for (const [way, ...places] of LOGINS) {
        for (const place of places) held.push(await app.hold(way, login, place));
      }
      for (const way of ['key', 'kept key'] as const) {
        rounds += 1;
        held.push(await app.hold(way, login, [KEY_PLACES[rounds % KEY_PLACES.length]!, 1]));
      }
      if (!remembers) for (const way of PROOFS) held.push(await app.hold(way, login, ['verify', 1]));
      for (const place of REFRESHES) {
        const [, refresh] = (await app.get('start', login)).grants;
        held.push(await app.hold('refresh', refresh!.text, place));
      }
      const [access, refresh] = (await app.get('start', login)).grants;
      const bearer = { authorization: `Bearer ${access!.text}` };
      for (const place of ['answer', 'action']) held.push(await app.hold('issue', bearer, [place, 1]));
      const loose = Array.from({ length: LOOSE }, () => [
        ...(['start', 'started', 'issue'] as const).map((way) => app.get(way, login)),
        app.get('refresh', refresh!.text),
        app.get('issue', bearer),
      ]).flat();
      const before = await stamp(username);
      await change.make();
      // A user file is polled at intervals.
      await eventually(async () => (await stamp(username)) !== before);
      const during = await Promise.all(loose);
      await change.undo?.();
      await eventually(async () => app.isIn(username, change.password));
      app.release();
      const answers = [...during, ...(await Promise.all(held.map(({ reply }) => reply)))];
      // On a busy machine a request may be held beyond the deadline of the store.
      for (const { status, way } of answers) expect(status, way).to.be.oneOf([200, 201, 401, 403, 503]);
      const grants = answers.flatMap((answer) => answer.grants);
      for (const kind of ['access', 'refresh'] as const) {
        expect(grants.filter((grant) => grant.kind === kind)).to.not.deep.equal([]);
      }
      return grants;
    };

    /** Tries access tokens and keys first, because the use of a refresh token may end its family. */
    const goodOf = async (grants: readonly Grant[]): Promise<readonly string[]> => {
      const good: string[] = [];
      const [refresh, others] = [
        grants.filter(({ kind }) => kind === 'refresh'),
        grants.filter(({ kind }) => kind !== 'refresh'),
      ];
      for (const grant of [...others, ...refresh.reverse()]) {
        const status = await app.statusOf(grant);
        expect(status).to.be.oneOf([200, 401]);
        if (status === 200) good.push(`${grant.kind} by ${grant.by}`);
      }
      return good;
    };
    const endsAll = async (username: string, change: Change): Promise<void> => {
      const [before, other] = [await app.all(username, OLD), await app.all('ben', OLD)];
      const got = await underWay(username, change);
      const isKept = ({ kind }: Grant): boolean => kind === 'kept key' && change.isAnother !== true;
      const all = [...before, ...got];
      expect(await goodOf(all.filter((grant) => !isKept(grant)))).to.deep.equal([]);
      const kept = all.filter(isKept);
      expect(await goodOf(kept)).to.have.length(kept.length);
      const fresh = await app.all(username, change.password);
      for (const grants of [fresh, other]) expect(await goodOf(grants)).to.have.length(grants.length);
    };

    const [ann, bea, cleo, dora, eve] = PEOPLE;
    it('is no good after the password was changed, and what the change gave is until the next', async () => {
      const changed: Grant[][] = [];
      const put = async (currentPassword: string, newPassword: string): Promise<void> => {
        const { status, grants } = await app.get('change', basic(ann, currentPassword), {
          currentPassword,
          newPassword,
        });
        expect([status, grants.length]).to.deep.equal([200, 2]);
        changed.push([...grants]);
      };
      await endsAll(ann, { title: 'change', make: () => put(OLD, NEW), password: NEW });
      await put(NEW, NEWER);
      const [first, second] = changed;
      expect(await goodOf(first!)).to.deep.equal([]);
      expect(await goodOf(second!)).to.have.length(2);
    });

    it('is no good, nor is what a change gave that had not replied when the next was made', async () => {
      const body = { currentPassword: OLD, newPassword: NEW };
      // The third read of the record is after the first change, and falls into the second change.
      const first = await app.hold('change', basic(eve, OLD), ['read', 3], body);
      const second = await app.get('change', basic(eve, NEW), { currentPassword: NEW, newPassword: NEWER });
      app.release();
      const { grants } = await first.reply;
      expect(await goodOf(grants)).to.deep.equal([]);
      expect(await goodOf(second.grants)).to.have.length(2);
    });

    for (const change of [
      {
        username: bea,
        title: 'user passwd',
        password: NEW,
        make: () => command(['user', 'passwd', accounts.target!, bea, '--password-stdin'], NEW),
      },
      {
        username: cleo,
        title: 'user disable',
        password: OLD,
        make: () => command(['user', 'disable', accounts.target!, cleo]),
        undo: () => command(['user', 'enable', accounts.target!, cleo]),
      },
      {
        username: dora,
        title: 'user remove and user add of the same name',
        password: OLD,
        isAnother: true,
        make: () => command(['user', 'remove', accounts.target!, dora]),
        undo: () => command(['user', 'add', accounts.target!, dora, '--password-stdin'], OLD),
      },
    ]) {
      if (hasCommands) it(`is no good after ${change.title}`, () => endsAll(change.username, change));
    }
  });
}
