import { once } from 'node:events';
import { expect } from 'chai';
import { auditLog, type AuditLogOptions } from '../../../src/audit/audit-log';
import type { SecurityEvent } from '../../../src/core/events';
import { ConfigurationError } from '../../../src/errors';

const FACTS = { method: 'POST', path: '/login', route: '/login', ip: '192.0.2.7' };
const NOW = Date.UTC(2030, 0, 2, 3, 4, 5);
const failed = (code: string): SecurityEvent => ({ type: 'failed', code, outcomes: [], ...FACTS });
const authenticated = (provedBy: 'login' | 'token' | 'session' | 'key'): SecurityEvent => ({
  type: 'authenticated',
  user: 'ann',
  provider: 'P',
  provedBy,
  outcomes: [{ provider: 'P', verdict: 'authenticated' }],
  ...FACTS,
});

function lineOf(event: SecurityEvent, options: AuditLogOptions = {}): string {
  const lines: string[] = [];
  void auditLog((line) => lines.push(line), { clock: () => NOW, ...options })(event);
  expect(lines).to.have.length(1);
  return lines[0]!;
}
const parsed = (event: SecurityEvent, options?: AuditLogOptions): Record<string, unknown> =>
  JSON.parse(lineOf(event, options)) as Record<string, unknown>;

describe('auditLog', () => {
  it('refuses what is no function and options that are none', () => {
    expect(() => auditLog(undefined as never)).to.throw(ConfigurationError);
    for (const options of [{ vocabulary: 'ecs' }, { x: 1 }, { onFailure: 1 }]) {
      expect(() => auditLog(() => undefined, options as never)).to.throw(ConfigurationError);
    }
  });

  it('writes the version, the time in UTC and the event', () => {
    expect(parsed(authenticated('login'))).to.deep.equal({
      v: 1,
      time: '2030-01-02T03:04:05.000Z',
      type: 'authenticated',
      user: 'ann',
      provider: 'P',
      provedBy: 'login',
      outcomes: [{ provider: 'P', verdict: 'authenticated' }],
      ...FACTS,
    });
  });

  const cases: [SecurityEvent, string | undefined, string | undefined][] = [
    [authenticated('login'), 'authn_login_success:ann', 'INFO'],
    [authenticated('token'), undefined, undefined],
    [authenticated('session'), undefined, undefined],
    [authenticated('key'), undefined, undefined],
    [failed('invalid_credentials'), 'authn_login_fail', 'WARN'],
    [failed('malformed_credentials'), 'authn_login_fail', 'WARN'],
    [failed('too_many_attempts'), 'authn_login_fail_max', 'WARN'],
    [failed('authentication_required'), undefined, undefined],
    [failed('authentication_unavailable'), undefined, undefined],
    [
      { type: 'denied', code: 'access_denied', user: 'ann', reason: 'r', ...FACTS },
      'authz_fail:ann',
      'CRITICAL',
    ],
    [
      { type: 'denied', code: 'wrong_password', user: 'ann', reason: 'r', ...FACTS },
      'authn_password_change_fail:ann',
      'CRITICAL',
    ],
    [{ type: 'allowed', user: 'ann', skipped: false, ...FACTS }, undefined, undefined],
    [{ type: 'password_changed', user: 'ann', ...FACTS }, 'authn_password_change:ann', 'INFO'],
    [
      { type: 'token_reused', user: 'ann', familyId: 'f', reason: 'spent_token' },
      'authn_token_reuse:ann',
      'CRITICAL',
    ],
    [{ type: 'tokens_ended', user: 'ann' }, 'authn_token_revoked:ann', 'INFO'],
    [{ type: 'key_created', user: 'ann', keyId: 'k', hint: 'h' }, 'authn_token_created:ann', 'INFO'],
    [{ type: 'key_ended', user: 'ann', keyId: 'k', hint: 'h' }, 'authn_token_revoked:ann', 'INFO'],
    [{ type: 'logged_in', user: 'ann', sessionId: 's' }, 'session_created:ann', 'INFO'],
    [{ type: 'logged_out', user: 'ann', sessionId: 's' }, 'session_expired:ann', 'INFO'],
    [{ type: 'session_ended', user: 'ann', sessionId: 's' }, 'session_expired:ann', 'INFO'],
    [{ type: 'factor_added', user: 'ann', method: 'otp' }, 'user_updated:ann', 'WARN'],
    [{ type: 'factor_failed', user: 'ann', method: 'otp' }, 'authn_login_fail:ann', 'WARN'],
    [{ type: 'factor_closed', user: 'ann', method: 'otp' }, 'authn_login_lock:ann', 'WARN'],
    [{ type: 'misconfigured', component: 'C', problem: 'p' }, undefined, undefined],
  ];
  for (const [event, name, level] of cases) {
    const facts = [event.type, 'code' in event ? event.code : 'provedBy' in event ? event.provedBy : ''].join(
      ' ',
    );
    it(`names ${facts} as OWASP does: ${name ?? 'nothing'}`, () => {
      const line = parsed(event, { vocabulary: 'owasp' });
      expect([line['event'], line['level']]).to.deep.equal([name, level]);
      expect(line['type']).to.equal(event.type);
      expect(parsed(event)).to.not.have.any.keys('event', 'level');
    });
  }

  it('writes one short line, whatever the texts of an event are', () => {
    const hostile = 'ann\r\n{"v":1}\u2028\u2029\u0085\u0000\u001b[2J\u202e\ud800"';
    const event: SecurityEvent = {
      type: 'denied',
      code: 'access_denied',
      user: hostile,
      reason: 'x'.repeat(1_000_000),
      ...FACTS,
    };
    const line = lineOf(event, { vocabulary: 'owasp' });
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(line).not.to.match(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e\ud800]/);
    expect(line.length).to.be.below(3000);
    expect(JSON.parse(line)).to.have.property('user').that.includes('\\u000d\\u000a');
  });

  it('cuts lists, and leaves out what is no data', () => {
    const outcomes = Array.from({ length: 5000 }, () => ({ provider: 'P', verdict: 'bug' }) as const);
    const deep: Record<string, unknown> = {};
    deep['deep'] = deep;
    const event = { ...failed('security_error'), outcomes, deep, run: () => undefined, big: 1n };
    const line = parsed(event);
    expect(line['outcomes']).to.have.length(100);
    expect(line).to.not.have.any.keys('run', 'big');
  });

  const boom = (): never => {
    throw new Error('ENOSPC');
  };
  for (const [title, write] of [
    ['throws', boom],
    ['rejects', () => Promise.reject(new Error('ENOSPC'))],
  ] as const) {
    it(`reports a writer that ${title} once, and throws nothing`, async () => {
      const failures: unknown[] = [];
      const listener = auditLog(write, { onFailure: (cause) => void failures.push(cause) });
      for (let time = 0; time < 3; time += 1) void listener(authenticated('login'));
      await new Promise((resolve) => setImmediate(resolve));
      void listener(authenticated('login'));
      await new Promise((resolve) => setImmediate(resolve));
      expect(failures).to.have.length(1);
    });
  }

  it('warns of a failure by its name alone, without onFailure', async () => {
    const warned = once(process, 'warning');
    void auditLog(() => {
      throw new TypeError('a secret');
    })(authenticated('login'));
    const [warning] = (await warned) as [Error];
    expect(warning.message).to.equal('The audit log cannot be written: TypeError');
  });

  it('reports anew once it worked in between', () => {
    const failures: unknown[] = [];
    let isFull = true;
    const listener = auditLog(() => (isFull ? boom() : true), {
      onFailure: (cause) => void failures.push(cause),
    });
    for (const full of [true, true, false, true]) {
      isFull = full;
      void listener(authenticated('login'));
    }
    expect(failures).to.have.length(2);
  });

  it('waits for no writer', () => {
    const listener = auditLog(() => new Promise(() => undefined));
    expect(listener(authenticated('login'))).to.equal(undefined);
  });

  it('throws nothing where whoever hears of failures fails too', async () => {
    for (const onFailure of [boom, () => Promise.reject(new Error('too'))]) {
      void auditLog(boom, { onFailure: onFailure })(authenticated('login'));
    }
    await new Promise((resolve) => setImmediate(resolve));
  });
});
