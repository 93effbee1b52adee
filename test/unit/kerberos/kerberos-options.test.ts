import { expect } from 'chai';
import { Container } from 'typedi';
import { ConfigurationError } from '../../../src/errors';
import { checkKerberosOptions } from '../../../src/kerberos/kerberos-options';
import { loadKerberos } from '../../../src/kerberos/kerberos-package';

const good = { service: 'HTTP@web.example', realms: ['EXAMPLE.COM'] };

describe('checkKerberosOptions', () => {
  it('takes a service and its realms', () => {
    expect(checkKerberosOptions(good)).to.include(good);
    checkKerberosOptions({ ...good, keytab: 'http.keytab', username: () => 'x', realms: ['A', 'B'] });
  });

  const refused: Readonly<Record<string, [options: unknown, says: string]>> = {
    'no options, as from TypeDI': [undefined, "super({ service: 'HTTP@host'"],
    'the container of TypeDI in place of options': [Container.of('kerberos'), "super({ service: 'HTTP@host'"],
    'an empty service, which would be any key of the keytab': [{ ...good, service: '' }, "'HTTP@host'"],
    'a service without a host': [{ ...good, service: 'HTTP' }, "'HTTP@host'"],
    'a principal as service': [{ ...good, service: 'HTTP/web.example@EXAMPLE.COM' }, "'HTTP@host'"],
    'a host in capitals, as no client writes it': [{ ...good, service: 'HTTP@Web.example' }, 'lower case'],
    'a service in small letters': [{ ...good, service: 'http@web.example' }, 'capitals'],
    'a service that is no text': [{ ...good, service: ['HTTP@web.example'] }, "'HTTP@host'"],
    'no realms': [{ service: good.service }, 'realms'],
    'an empty list of realms': [{ ...good, realms: [] }, 'realms'],
    'one realm as text': [{ ...good, realms: 'EXAMPLE.COM' }, 'realms'],
    'an empty realm': [{ ...good, realms: [''] }, 'realms'],
    'a realm with an @': [{ ...good, realms: ['@EXAMPLE.COM'] }, 'realms'],
    'a realm that is no text': [{ ...good, realms: [null] }, 'realms'],
    'several realms and nothing that tells their users apart': [
      { ...good, realms: ['A', 'B'] },
      'username, a function',
    ],
    'an empty keytab': [{ ...good, keytab: '' }, 'keytab'],
    'a username that is no function': [{ ...good, username: 'alice' }, 'username'],
    'an unknown option': [{ ...good, realm: 'EXAMPLE.COM' }, 'realm'],
  };
  for (const [what, [options, says]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(() => checkKerberosOptions(options))
        .to.throw(ConfigurationError)
        .with.property('message')
        .that.includes(says);
    });
  }
});

describe('loadKerberos', () => {
  const failing = (code: string) => () => {
    throw Object.assign(new Error('text of the loader'), { code });
  };

  it('says what to install when the package, or what is compiled for it, is missing', () => {
    expect(() => loadKerberos(failing('MODULE_NOT_FOUND')))
      .to.throw(ConfigurationError)
      .with.property('message')
      .that.matches(/npm install kerberos/)
      .and.matches(/libkrb5-dev/);
  });

  it('says how to mend a package that does not load', () => {
    expect(() => loadKerberos(failing('ERR_DLOPEN_FAILED'))).to.throw(
      ConfigurationError,
      'npm rebuild kerberos',
    );
  });

  it('refuses another package of that name', () => {
    for (const loaded of [null, undefined, {}, { initializeServer: 1 }, { initializeServer: () => 1 }]) {
      expect(() => loadKerberos(() => loaded)).to.throw(ConfigurationError, 'version 7');
    }
  });
});
