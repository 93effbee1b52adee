import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(__dirname, '../../..');

/** A process of its own, as class-validator keeps the classes of all tests of a process. */
const APP = `
require('reflect-metadata');
const { IsString } = require('class-validator');
const { validationMetadatasToSchemas } = require('class-validator-jsonschema');
const { MemoryUserstore, createSecurity } = require('./src/index.ts');
for (const name of [
  ...['kerberos', 'ldap', 'oidc', 'openapi', 'opentelemetry', 'passkeys', 'passport', 'redis', 'routers', 'socket', 'sql', 'testing'],
]) {
  require('./src/' + name + '/index.ts');
}
class Note {}
IsString()(Note.prototype, 'text');
createSecurity({ realm: 'notes' });
new MemoryUserstore({ users: [{ username: 'ada', roles: ['editor'] }] });
console.log(JSON.stringify(Object.keys(validationMetadatasToSchemas())));
`;

describe("class-validator's storage", () => {
  it('has the classes of the app alone, so that none of the library is in its schemas', () => {
    const printed = execFileSync(process.execPath, ['-r', '@swc-node/register', '-e', APP], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(JSON.parse(printed)).to.deep.equal(['Note']);
  });
});
