import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import { Audit, factsOf, outcomesOf } from '../../../src/audit/audit';
import type { AuthenticationOutcome } from '../../../src/authentication/authenticator';
import type { Authenticated } from '../../../src/authentication/chain';
import type { Verdict } from '../../../src/authentication/verdicts';
import { Authentication } from '../../../src/core/authentication';
import type { SecurityEvent } from '../../../src/core/events';
import type { Logger } from '../../../src/core/logger';
import {
  BadCredentialsError,
  CrossSiteError,
  SecurityFaultError,
  ServiceUnavailableError,
} from '../../../src/errors';
import { printable } from '../../../src/util/printable';
import { fakeRequest } from '../../support/fake-request';
import { MemoryLogger } from '../../support/reset';

const FACTS = { method: 'GET', path: '/', route: undefined, ip: '127.0.0.1' };

function setUp() {
  const events: SecurityEvent[] = [];
  const logger = new MemoryLogger();
  return { events, logger, audit: new Audit((event) => void events.push(event), logger, Date.now) };
}

function authenticated(username: string): Authenticated {
  const user = { username };
  return {
    kind: 'authenticated',
    authentication: new Authentication(user),
    record: user,
    provider: 'P',
    hasOwnUsers: false,
    origin: undefined,
    credentials: () => ['authorization'],
    verdicts: [{ provider: 'P', credentials: ['authorization'], verdict: 'authenticated' }],
    headersRead: [],
    label: () => printable(username),
  };
}

async function unhandledDuring(work: () => void): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listener);
  work();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listener);
  return unhandled;
}

describe('Audit', () => {
  describe('outcome', () => {
    it('reports an authenticated request', () => {
      const { audit, events, logger } = setUp();
      audit.outcome(fakeRequest(), authenticated('ann\r\nroot'));
      expect(events).to.deep.equal([
        {
          type: 'authenticated',
          user: 'ann\\u000d\\u000aroot',
          provider: 'P',
          provedBy: 'login',
          outcomes: [{ provider: 'P', verdict: 'authenticated' }],
          ...FACTS,
        },
      ]);
      expect(logger.lines).to.deep.equal([]);
    });

    it('reports a request that was barred: its user, and that it was denied', () => {
      const { audit, events } = setUp();
      audit.outcome(fakeRequest(), {
        kind: 'barred',
        authenticated: authenticated('ann'),
        error: () => new CrossSiteError(),
      });
      expect(events.map(({ type }) => type)).to.deep.equal(['authenticated', 'denied']);
      expect(events[1]).to.include({ code: 'cross_site', user: 'ann' });
    });

    it('does not say that a component is down where only its client has gone', () => {
      const verdicts: Verdict[] = [
        {
          provider: 'P',
          credentials: ['authorization'],
          verdict: 'unavailable',
          error: new ServiceUnavailableError(),
        },
        {
          provider: 'R',
          credentials: ['authorization'],
          verdict: 'unavailable',
          error: new ServiceUnavailableError({ cause: new Error('no connection') }),
        },
        { provider: 'Q', credentials: ['authorization'], verdict: 'deadline_passed' },
      ];
      const error = (): SecurityFaultError => new SecurityFaultError();
      const outcome = { kind: 'refused' as const, verdicts, headersRead: [], error };
      const replies: [reply: object, reported: string[]][] = [
        [{ destroyed: true, writableFinished: false }, ['R', 'Q']],
        [{ destroyed: true, writableFinished: true }, ['P', 'R', 'Q']],
        [{ destroyed: false, writableFinished: false }, ['P', 'R', 'Q']],
      ];
      for (const [response, reported] of replies) {
        const { audit, events } = setUp();
        audit.outcome({ ...fakeRequest(), action: { request: {}, response } }, outcome);
        const down = events.flatMap((event) => (event.type === 'unavailable' ? [event.component] : []));
        expect(down).to.deep.equal(reported);
      }
    });

    it('reports a refusal with the verdict of each provider, and each failure with its cause in the log', () => {
      const { audit, events, logger } = setUp();
      const refused: AuthenticationOutcome = {
        kind: 'refused',
        headersRead: [],
        error: () => new SecurityFaultError(),
        verdicts: [
          { provider: 'A', credentials: ['x'], verdict: 'bug', error: new Error('disk full') },
          { provider: 'B', credentials: ['y'], verdict: 'deadline_passed' },
          { provider: 'C', credentials: ['z'], verdict: 'bad_credentials', error: new BadCredentialsError() },
        ],
      };
      audit.outcome(fakeRequest(), refused);
      expect(events).to.deep.equal([
        { type: 'unavailable', component: 'A', reason: 'bug', count: 1, ...FACTS },
        { type: 'unavailable', component: 'B', reason: 'deadline_passed', count: 1, ...FACTS },
        { type: 'failed', code: 'security_error', outcomes: outcomesOf(refused.verdicts), ...FACTS },
      ]);
      expect(logger.lines).to.have.length(2);
      expect(logger.lines[0]).to.match(/^error securest: A could not decide \(bug\): Error: disk full/);
      expect(JSON.stringify(events)).to.not.contain('disk full');
    });

    it('is silent about an anonymous request', () => {
      const { audit, events } = setUp();
      const error = () => new BadCredentialsError();
      audit.outcome(fakeRequest(), { kind: 'anonymous', verdicts: [], headersRead: [], error });
      expect(events).to.deep.equal([]);
    });
  });

  it('reports a set-up problem, with a name that a client sent made printable', () => {
    const { audit, events, logger } = setUp();
    audit.problem({ component: 'Users', problem: 'unreadable hash', user: 'ann\n' });
    audit.problem({ component: 'Users', problem: 'bad file' });
    expect(events).to.deep.equal([
      { type: 'misconfigured', component: 'Users', problem: 'unreadable hash', user: 'ann\\u000a' },
      { type: 'misconfigured', component: 'Users', problem: 'bad file', user: undefined },
    ]);
    expect(logger.lines.map((line) => line.slice(0, 40))).to.deep.equal([
      'warn securest: Users: unreadable hash (user ann\\u000a)'.slice(0, 40),
      'warn securest: Users: bad file',
    ]);
  });

  it('tells of a problem without stored hashes, and in bounded length', () => {
    const { audit, events, logger } = setUp();
    const hash = `$2b$12$${'a'.repeat(53)}`;
    audit.problem({ component: 'Users', problem: `cannot read ${hash} ${'x'.repeat(1_000_000)}` });
    expect(JSON.stringify(events) + logger.lines.join('\n')).to.not.contain('$2b$');
    expect(logger.lines[0]).to.match(/Users: cannot read \*{3} x+/);
    expect(logger.lines[0]?.length).to.be.below(2100);
  });

  describe('a listener or log that fails changes nothing', () => {
    const event: SecurityEvent = { type: 'misconfigured', component: 'C', problem: 'p' };

    it('when the listener throws', () => {
      const logger = new MemoryLogger();
      const audit = new Audit(
        () => {
          throw new Error('full');
        },
        logger,
        Date.now,
      );
      audit.emit(() => event);
      expect(logger.lines[0]).to.match(/^error securest: The event listener failed: Error: full/);
    });

    it('when the listener rejects', async () => {
      const logger = new MemoryLogger();
      const audit = new Audit(() => Promise.reject(undefined), logger, Date.now);
      expect(await unhandledDuring(() => audit.emit(() => event))).to.deep.equal([]);
      expect(logger.lines).to.deep.equal(['error securest: The event listener failed: undefined was thrown']);
    });

    it('when the log throws or rejects', async () => {
      const throwing = () => {
        throw new Error('EPIPE');
      };
      const rejecting = async () => throwing();
      for (const broken of [throwing, rejecting]) {
        const logger: unknown = { info: broken, warn: broken, error: broken };
        const audit = new Audit(undefined, logger as Logger, Date.now);
        const unhandled = await unhandledDuring(() => {
          audit.info('a');
          audit.warn('a');
          audit.error('a', new Error('b'));
        });
        expect(unhandled).to.deep.equal([]);
      }
    });

    it('without a listener, for whom no event is made and nothing logged', () => {
      const logger = new MemoryLogger();
      let made = 0;
      new Audit(undefined, logger, Date.now).emit(() => ((made += 1), event));
      expect([made, logger.lines]).to.deep.equal([0, []]);
    });
  });

  describe('the channel securest:event', () => {
    const event: SecurityEvent = { type: 'misconfigured', component: 'C', problem: 'p' };
    const subscribed = async (subscriber: (message: unknown) => void, work: () => unknown): Promise<void> => {
      subscribe('securest:event', subscriber);
      try {
        await work();
      } finally {
        unsubscribe('securest:event', subscriber);
      }
    };

    it('has each event, also without a listener', async () => {
      const heard: unknown[] = [];
      const audit = new Audit(undefined, new MemoryLogger(), Date.now);
      await subscribed(
        (message) => heard.push(message),
        () => audit.emit(() => event),
      );
      audit.emit(() => event);
      expect(heard).to.deep.equal([event]);
    });

    it('has an event of its own, which no listener has changed', async () => {
      const heard: unknown[] = [];
      const audit = new Audit(
        (told) => void Object.assign(told, { problem: 'changed' }),
        new MemoryLogger(),
        Date.now,
      );
      await subscribed(
        (message) => heard.push(message),
        () => audit.emit(() => ({ ...event })),
      );
      expect(heard).to.deep.equal([event]);
    });
  });

  describe('whatever is thrown makes one bounded line', () => {
    const cyclic = new Error('cyclic');
    Object.assign(cyclic, { cause: cyclic, stack: '' });
    const unreadable = new Error('x');
    Object.defineProperty(unreadable, 'stack', {
      get() {
        throw new Error('getter');
      },
    });
    const trapped = new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error('trap');
        },
      },
    );
    const table: [string, unknown, RegExp][] = [
      ['undefined', undefined, /: undefined was thrown$/],
      ['null', null, /: object was thrown$/],
      ['a string, which may hold a secret', 'canary', /: string was thrown$/],
      ['an object, which may hold a secret', { password: 'canary' }, /: object was thrown$/],
      ['an error with line breaks', new Error('a\r\nb\u001b[31m'), /: Error: a\\u000d\\u000ab\\u001b\[31m/],
      ['an endless error', new Error('x'.repeat(1e6)), /: Error: x+…$/],
      ['an error that is its own cause', cyclic, /: (Error: cyclic caused by ){5}Error: cyclic$/],
      ['a throwing getter', unreadable, /: something unreadable was thrown$/],
      ['a trapping proxy', trapped, /: something unreadable was thrown$/],
      ['a stack that is no text', Object.assign(new Error('x'), { stack: Symbol('s') }), /: Error: x$/],
      ['a message that is no text', Object.assign(new Error('x'), { stack: {}, message: Symbol('s') }), /unreadable was thrown$/],
      ['a cause', new Error('outer', { cause: new Error('inner') }), /Error: outer.* caused by Error: inner/],
      ['an error of the family, without a stack', new BadCredentialsError({ cause: new TypeError('inner') }),
        /: BadCredentialsError: Unauthorized User caused by TypeError: inner/],
    ]; // prettier-ignore
    for (const [what, thrown, expected] of table) {
      it(`for ${what}`, () => {
        const { audit, logger } = setUp();
        audit.error('It failed', thrown);
        expect(logger.lines).to.have.length(1);
        const [line = ''] = logger.lines;
        expect(line).to.match(expected);
        expect(line).to.match(/^error securest: It failed: [^\n\r]*$/);
        expect(line.length).to.be.below(20_000);
        expect(line).to.not.contain('canary');
      });
    }
  });
});

describe('factsOf', () => {
  it('makes what a client sent printable and short', () => {
    const request = fakeRequest({ method: `GET\n${'x'.repeat(99)}`, path: `/\u2028${'x'.repeat(9999)}` });
    const facts = factsOf(request);
    expect(facts.method).to.match(/^GET\\u000ax+…$/);
    expect(facts.path).to.match(/^\/\\u2028x+…$/);
    expect(facts.method.length + facts.path.length).to.be.below(300);
    expect(facts).to.include({ route: undefined, ip: '127.0.0.1' });
  });
});
