/**
 * A Samba of the tests' own as the controller of an Active Directory domain. Its ports cannot be moved, so it has a
 * loopback address of its own, and everything that it writes is in a folder that goes with it.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from './certificates';
import { accepts } from './ports';
import { serverCommand } from './server-command';
import { ServerProcess } from './server-process';

const PROGRAMS = [
  '/usr/sbin/samba',
  '/usr/bin/samba-tool',
  '/usr/bin/ldbadd',
  '/usr/bin/ldbmodify',
  '/usr/bin/ldbsearch',
];
const PROVISION = '/usr/share/samba/setup/provision.ldif';
export const REALM = 'CORP.TEST';
export const WORKGROUP = 'CORP';
export const DOMAIN_DN = 'DC=corp,DC=test';
/** The controller, and what its certificate is for next to its address. */
const HOST = 'dc1';

export class SambaServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'securest-samba-'));
  readonly address = `127.${String(randomInt(1, 255))}.${String(randomInt(255))}.${String(randomInt(2, 255))}`;
  readonly #process = new ServerProcess('samba');
  readonly #authority = new Authority(this.folder);

  get url(): string {
    return `ldap://${this.address}`;
  }

  get tlsUrl(): string {
    return `ldaps://${this.address}`;
  }

  get ca(): string {
    return this.#authority.ca;
  }

  /** Where programs find its KDC. */
  get krb5Config(): string {
    return join(this.folder, 'krb5.conf');
  }

  /** @param entries as LDIF, which the domain has from the start; @param changes to what it has */
  async start(entries: string, changes: string): Promise<void> {
    this.#provision();
    this.#write('ldbadd', entries);
    this.#write('ldbmodify', changes);
    // One process does everything, and none is left behind.
    const args = ['-F', '-M', 'single', '--no-process-group', `--configfile=${this.#configuration}`];
    await this.#process.start(serverCommand('/usr/sbin/samba', args), async () =>
      (await Promise.all([88, 389, 636].map((port) => accepts(port, this.address)))).every(Boolean),
    );
  }

  /** Changes the domain while it runs. */
  modify(changes: string): void {
    this.#write('ldbmodify', changes);
  }

  /** One attribute of an entry as the domain's own programs print it. */
  read(dn: string, attribute: string): string {
    const args = ['-H', this.#database, '-b', dn, '-s', 'base', attribute];
    const output = run('ldbsearch', [`--configfile=${this.#configuration}`, ...args]);
    const [, value] = new RegExp(`^${attribute}: (.+)$`, 'm').exec(output) ?? [];
    if (value === undefined) throw new Error(`${dn} has no ${attribute}`);
    return value;
  }

  /** Writes the keys of an account into a keytab. @returns its path */
  keytab(principal: string): string {
    const path = join(this.folder, 'service.keytab');
    const args = ['domain', 'exportkeytab', path, `--principal=${principal}`];
    run('samba-tool', [...args, `--configfile=${this.#configuration}`]);
    return path;
  }

  async remove(): Promise<void> {
    await this.#process.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #configuration(): string {
    return join(this.folder, 'smb.conf');
  }

  get #database(): string {
    return join(this.folder, 'private', 'sam.ldb');
  }

  #provision(): void {
    run('samba-tool', [
      ...['domain', 'provision', `--realm=${REALM}`, `--domain=${WORKGROUP}`, '--use-rfc2307'],
      ...['--server-role=dc', '--dns-backend=NONE', `--host-name=${HOST}`, `--host-ip=${this.address}`],
      ...['--adminpass=Master-of-the-tests.1', `--targetdir=${this.folder}`],
      ...[`--option=interfaces=${this.address}/8`, '--option=bind interfaces only=yes'],
    ]);
    for (const name of ['run', 'logs']) mkdirSync(join(this.folder, name));
    const { cert, key } = this.#authority.issue('server', `IP:${this.address},DNS:${HOST}.corp.test`);
    writeFileSync(
      this.#configuration,
      `[global]
netbios name = ${HOST}
workgroup = ${WORKGROUP}
realm = ${REALM}
server role = active directory domain controller
server services = ldap, kdc
bind interfaces only = yes
interfaces = ${this.address}/8
private dir = ${this.folder}/private
state directory = ${this.folder}/state
cache directory = ${this.folder}/run
lock directory = ${this.folder}/run
pid directory = ${this.folder}/run
ncalrpc dir = ${this.folder}/run/ncalrpc
binddns dir = ${this.folder}/run
log file = ${this.folder}/logs/log
tls certfile = ${cert}
tls keyfile = ${key}
tls cafile = ${this.folder}/ca.pem
`,
    );
    writeFileSync(
      this.krb5Config,
      `[libdefaults]
 default_realm = ${REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 ${REALM} = {
  kdc = ${this.address}
 }
`,
    );
  }

  #write(program: 'ldbadd' | 'ldbmodify', ldif: string): void {
    const path = join(this.folder, 'changes.ldif');
    writeFileSync(path, ldif);
    run(program, [`--configfile=${this.#configuration}`, '-H', this.#database, path]);
  }
}

/** Why there can be no Samba here; undefined where there can. */
export function whyNoSamba(): string | undefined {
  const missing = [...PROGRAMS, PROVISION].find((path) => !existsSync(path));
  if (missing !== undefined) {
    return (
      `there is no ${missing}: install Samba, on Debian the packages samba, samba-ad-dc, ` +
      'samba-ad-provision, samba-dsdb-modules and ldb-tools'
    );
  }
  return process.getuid?.() === 0 ? undefined : 'only root may run a Samba: its ports are below 1024';
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: '/', encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}${stdout}`);
  return stdout;
}
