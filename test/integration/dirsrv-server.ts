/** A 389 Directory Server of the tests' own, on a loopback port, in a folder that goes with it. */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, freePort } from './ports';
import { serverCommand } from './server-command';
import { ServerProcess } from './server-process';

const PROGRAM = '/usr/sbin/ns-slapd';
/** What its own installer fills in. That one wants systemd, and writes below /etc. */
const TEMPLATE = '/usr/share/dirsrv/data/template-dse.ldif';
const CONFIGURATION = '/etc/dirsrv';
export const SUFFIX = 'dc=example,dc=org';
const ROOT = { dn: 'cn=Directory Manager', password: 'root of the tests' };
const FOLDERS = ['cert', 'schema', 'db', 'db_home', 'bak', 'ldif', 'lock', 'log', 'run', 'inst', 'tmp'];

export class DirsrvServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'securest-dirsrv-'));
  readonly #process = new ServerProcess('ns-slapd');
  port = 0;

  get url(): string {
    return `ldap://127.0.0.1:${String(this.port)}`;
  }

  /** Starts it with an empty suffix, whose members know their groups by `memberOf`. */
  async start(): Promise<void> {
    this.port = await freePort();
    this.#configure();
    const args = ['-d', '0', '-D', this.folder, '-i', join(this.folder, 'run', 'pid')];
    await this.#process.start(serverCommand(PROGRAM, args), () => accepts(this.port));
    this.modify(DATABASE);
  }

  /** Changes entries, by LDIF of changes. */
  modify(ldif: string): void {
    const args = ['-x', '-H', this.url, '-D', ROOT.dn, '-w', ROOT.password];
    const { status, stderr } = spawnSync('ldapmodify', args, { input: ldif, encoding: 'utf8' });
    if (status !== 0) throw new Error(`ldapmodify failed: ${stderr}`);
  }

  async remove(): Promise<void> {
    await this.#process.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #configure(): void {
    const folders = Object.fromEntries(FOLDERS.map((name) => [`${name}_dir`, join(this.folder, name)]));
    for (const folder of Object.values(folders)) mkdirSync(folder);
    const values: Readonly<Record<string, string>> = {
      ...folders,
      config_dir: this.folder,
      db_lib: 'bdb',
      fqdn: 'localhost',
      ds_port: String(this.port),
      ds_user: 'root',
      ds_suffix: SUFFIX,
      rootdn: ROOT.dn,
      ds_passwd: hashed(ROOT.password),
      ldapi_enabled: 'off',
      ldapi: join(this.folder, 'run', 'ldapi'),
      ldapi_autobind: 'off',
    };
    const filled = readFileSync(TEMPLATE, 'utf8').replace(/%(\w+)%/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${TEMPLATE} has ${name}, which is not known`);
      return value;
    });
    const withMemberOf = filled.replace(
      /^(cn: MemberOf Plugin\n(?:.+\n)*?nsslapd-pluginenabled: )off/m,
      '$1on',
    );
    // The tests need no files that outlive the process.
    const fast = withMemberOf.replace(
      /^(nsslapd-db-home-directory: .*\n)/m,
      '$1nsslapd-db-durable-transaction: off\n',
    );
    writeFileSync(join(this.folder, 'dse.ldif'), fast, { mode: 0o600 });
    copyFileSync(join(CONFIGURATION, 'schema', '99user.ldif'), join(this.folder, 'schema', '99user.ldif'));
    for (const name of ['slapd-collations.conf', 'certmap.conf']) {
      copyFileSync(join(CONFIGURATION, 'config', name), join(this.folder, name));
    }
  }
}

/** It takes no password of its administrator in clear from a file. */
function hashed(password: string): string {
  const salt = randomBytes(8);
  const hash = createHash('sha512').update(password).update(salt).digest();
  return `{SSHA512}${Buffer.concat([hash, salt]).toString('base64')}`;
}

/** Why there can be no 389 Directory Server here; undefined where there can. */
export function whyNoDirsrv(): string | undefined {
  const { error } = spawnSync('ldapmodify', ['-VV']);
  const missing = [PROGRAM, TEMPLATE].find((path) => !existsSync(path)) ?? (error ? 'ldapmodify' : undefined);
  if (missing !== undefined) {
    return (
      `there is no ${missing}: install 389 Directory Server, ` +
      'on Debian the packages 389-ds-base and ldap-utils'
    );
  }
  return process.getuid?.() === 0 ? undefined : 'the tests run ns-slapd as root only';
}

const DATABASE = `dn: cn=userroot,cn=ldbm database,cn=plugins,cn=config
changetype: add
objectClass: extensibleObject
objectClass: nsBackendInstance
nsslapd-suffix: ${SUFFIX}

dn: cn="${SUFFIX}",cn=mapping tree,cn=config
changetype: add
objectClass: extensibleObject
objectClass: nsMappingTree
nsslapd-state: backend
nsslapd-backend: userroot

dn: ${SUFFIX}
changetype: add
objectClass: domain
dc: example
aci: (targetattr != "userPassword")(version 3.0; acl "the app"; allow (read, search, compare)
  userdn = "ldap:///uid=app,${SUFFIX}";)
`;
