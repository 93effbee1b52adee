/** A newer oidc-provider, in a process of the newer Node that it needs. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeIssuer } from '../contract/describe-issuer';
import { DistantIssuer, IssuerProcess } from '../support/issuer-process-client';
import { describeWith } from './describe-with';

const FOLDER = join(__dirname, '../../node_modules/.cache/issuer-9/node_modules');
const NODE = join(FOLDER, '.bin/node');
const MANIFEST = join(FOLDER, 'oidc-provider/package.json');
const MAIN = join(FOLDER, 'oidc-provider/lib/index.js');

function whyNoIssuer(): string | undefined {
  const cure = 'npm run install:issuer';
  if (!existsSync(MANIFEST)) return `oidc-provider 9 is not installed: ${cure}`;
  const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };
  if (!version.startsWith('9.')) return `oidc-provider is installed as ${version}, not as 9: ${cure}`;
  const { stdout, error } = spawnSync(NODE, ['--version'], { encoding: 'utf8' });
  if (error !== undefined) return `Node 22 cannot be run (${error.message}): ${cure}`;
  return stdout.startsWith('v22.') ? undefined : `Node is ${stdout.trim()} there, not 22: ${cure}`;
}

describeWith(whyNoIssuer(), 'oidc-provider 9 on Node 22', () => {
  let issuers: IssuerProcess;
  before(() => (issuers = new IssuerProcess(NODE, MAIN)));
  after(() => issuers.end());

  describeIssuer('oidc-provider 9', (keys) => DistantIssuer.start(keys, issuers));
});
