import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { bindingOf, LoginCookies, newLogin, readLogin } from '../../../src/oidc/open-login';

const NOW = 1_800_000_000_000;
const BINDING = bindingOf('https://id.example', 'https://app.example/oidc/callback');
const WISH = { binding: BINDING, maxAge: 300, returnTo: '/notes?x=1' };

describe('An open login', () => {
  it('is read again from the cookie that belongs to its state', () => {
    const { state, nonce, challenge, value } = newLogin(WISH, NOW);
    const login = readLogin(value, state, NOW + 599_000)!;
    expect(login).to.deep.include({ ...WISH, nonce });
    // RFC 7636 section 4.2
    expect(createHash('sha256').update(login.verifier).digest('base64url')).to.equal(challenge);
    expect(login.verifier).to.match(/^[\w-]{43}$/);
  });

  it('has values that nobody can work out from one another', () => {
    const one = newLogin(WISH, NOW);
    const two = newLogin(WISH, NOW);
    const { verifier } = readLogin(one.value, one.state, NOW)!;
    const values = [one, two].flatMap(({ state, nonce, challenge, value }) => [
      state,
      nonce,
      challenge,
      value.slice(0, 43),
    ]);
    expect(new Set([...values, verifier]).size).to.equal(9);
    expect(one.value).not.to.contain(one.state).and.not.to.contain(verifier);
  });

  it('is none without its cookie, with another one, or too late', () => {
    const { state, value } = newLogin(WISH, NOW);
    const other = newLogin(WISH, NOW);
    for (const wrong of [
      undefined,
      '',
      'x',
      other.value,
      `${value}x`,
      ` ${value}`,
      value.slice(1),
      'x'.repeat(5000),
    ]) {
      expect(readLogin(wrong, state, NOW), String(wrong).slice(0, 50)).to.equal(undefined);
    }
    expect(readLogin(value, other.state, NOW)).to.equal(undefined);
    for (const time of [NOW + 600_000, NOW - 600_000, NaN])
      expect(readLogin(value, state, time)).to.equal(undefined);
  });

  it('has no way back but to a path of the app', () => {
    const { state, value } = newLogin({ ...WISH, returnTo: '//evil.example' }, NOW);
    expect(readLogin(value, state, NOW)!.returnTo).to.equal(undefined);
  });

  it('is bound to provider and redirect URI', () => {
    const others = [
      bindingOf('https://id.example/', 'https://app.example/oidc/callback'),
      bindingOf('https://id.example', 'https://app.example/other/callback'),
    ];
    expect(new Set([BINDING, ...others]).size).to.equal(3);
  });
});

describe('LoginCookies', () => {
  const cookies = new LoginCookies(false);
  const open = (count: number, returnTo?: string) =>
    Array.from({ length: count }, (_, index) => {
      const login = newLogin({ ...WISH, returnTo }, NOW + index * 1000);
      return { name: cookies.nameOf(login.state)!, ...login };
    });
  const header = (logins: ReturnType<typeof open>) =>
    ['session=1', ...logins.map(({ name, value }) => `${name}=${value}`), '__Host-login-short=x'].join('; ');

  it('clears the oldest that are too many, whatever their order', () => {
    const logins = open(5);
    const lines = cookies.lines(header([...logins].reverse()), newLogin(WISH, NOW), 3);
    const cleared = lines.filter((line) => line.endsWith('Max-Age=0')).map((line) => line.split('=')[0]);
    expect(cleared).to.have.members(logins.slice(0, 3).map(({ name }) => name));
    expect(lines).to.have.length(4);
  });

  it('clears those of unknown form first, and no cookies of others', () => {
    const [one] = open(1);
    const odd = `__Host-login-${'o'.repeat(16)}`;
    const lines = cookies.lines(`${odd}=odd; ${header([one!])}`, newLogin(WISH, NOW), 2);
    expect(lines.slice(0, -1)).to.deep.equal([cookies.clear(odd)]);
  });

  it('clears what is too much for the headers of a request', () => {
    const logins = open(4, `/${'x'.repeat(1900)}`);
    const lines = cookies.lines(
      header(logins),
      newLogin({ ...WISH, returnTo: `/${'x'.repeat(1900)}` }, NOW),
      10,
    );
    expect(lines).to.have.length(3);
  });

  it('has no name for what is no state', () => {
    for (const state of ['', 'x'.repeat(42), `${'x'.repeat(42)};`, 'x'.repeat(44)]) {
      expect(cookies.nameOf(state), state).to.equal(undefined);
    }
  });

  it('has no prefix where sessions have none', () => {
    const insecure = new LoginCookies(true);
    const [line] = insecure.lines(undefined, newLogin(WISH, NOW), 1);
    expect(line).to.match(/^login-[\w-]{16}=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/);
  });
});
