/** The block of the README that a new user pastes into a terminal, in an empty folder. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { freePort } from '../ports';
import { pack } from './install';

const README = readFileSync(join(__dirname, '../../../README.md'), 'utf8');

describe('The block to paste', function () {
  this.timeout(300_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'securest-paste-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('ends with an app that answers 401 and 200', async () => {
    const { path } = await pack(folder);
    const [, block = ''] = /^```sh\n(mkdir hello.*?)^```$/ms.exec(README) ?? [];
    const script = block
      .replace('npm install securest ', `npm install ${path} `)
      .replaceAll('3000', String(await freePort()));
    expect(script).to.include(path);
    const { stdout } = await promisify(execFile)('bash', ['-e', '-c', script], {
      cwd: folder,
      env: {
        ...process.env,
        // Not with the settings of whoever runs the tests.
        CURL_HOME: folder,
        npm_config_prefer_offline: 'true',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
      },
    });
    const [anonymous, known] = stdout.split(/^(?=HTTP\/1\.1 )/m).slice(1);
    expect(anonymous).to.match(/^HTTP\/1\.1 401 .*^WWW-Authenticate: Basic realm="api"/ims);
    expect(known).to.match(/^HTTP\/1\.1 200 .*"username":"ann"/ims);
  });
});
