import { expect } from 'chai';
import { isAnonymous, onlyComponent, parsePrincipal } from '../../../src/kerberos/principal';

describe('parsePrincipal', () => {
  const parsed = (text: string) => {
    const principal = parsePrincipal(text);
    return principal && [...principal.components, principal.realm];
  };

  it('takes components and realm apart', () => {
    expect(parsed('alice@EXAMPLE.COM')).to.deep.equal(['alice', 'EXAMPLE.COM']);
    expect(parsed('host/web.example@EXAMPLE.COM')).to.deep.equal(['host', 'web.example', 'EXAMPLE.COM']);
    expect(parsed('ålice@example.com')).to.deep.equal(['ålice', 'example.com']);
  });

  it('takes what is escaped as a part of the name', () => {
    expect(parsed(String.raw`alice\@OTHER.COM@EXAMPLE.COM`)).to.deep.equal([
      'alice@OTHER.COM',
      'EXAMPLE.COM',
    ]);
    expect(parsed(String.raw`a\/b@EXAMPLE.COM`)).to.deep.equal(['a/b', 'EXAMPLE.COM']);
    expect(parsed(String.raw`a\\@EXAMPLE.COM`)).to.deep.equal(['a\\', 'EXAMPLE.COM']);
  });

  it('takes nothing without a realm, with two, or with an empty part', () => {
    const texts = [
      '',
      'alice',
      'alice@',
      '@EXAMPLE.COM',
      'a@b@C',
      'a@B/C',
      '/a@B',
      'a/@B',
      'a//b@C',
      '@',
      'a@@B',
    ];
    for (const text of texts) expect(parsed(text), text).to.equal(undefined);
  });

  it('takes no control characters, escaped or not, no other escapes and no huge names', () => {
    const texts = [
      'a\n@B',
      'a\0@B',
      String.raw`a\n@B`,
      String.raw`a\0@B`,
      String.raw`a\x@B`,
      'a@B\\',
      'a@B\r',
    ];
    texts.push('a\ufffd@B', 'a\ud800@B', 'DOMAIN\\alice', `${'a'.repeat(1024)}@B`);
    for (const text of texts) expect(parsed(text), JSON.stringify(text)).to.equal(undefined);
  });
});

describe('onlyComponent', () => {
  const name = (text: string) => onlyComponent(parsePrincipal(text)!);

  it('is the name of a user', () => {
    expect(name('alice@EXAMPLE.COM')).to.equal('alice');
  });

  it('is undefined for services, instances and names that hold a separator', () => {
    for (const text of [
      'host/x@A',
      'alice/admin@A',
      String.raw`alice\@B@A`,
      String.raw`a\/b@A`,
      String.raw`a\\b@A`,
    ]) {
      expect(name(text), text).to.equal(undefined);
    }
  });
});

describe('isAnonymous', () => {
  it('knows the principal that anybody can be (RFC 8062)', () => {
    expect(isAnonymous(parsePrincipal('WELLKNOWN/ANONYMOUS@EXAMPLE.COM')!)).to.equal(true);
    expect(isAnonymous(parsePrincipal('alice@EXAMPLE.COM')!)).to.equal(false);
  });
});
