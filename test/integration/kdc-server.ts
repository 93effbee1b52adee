/**
 * A Kerberos KDC (MIT) of the tests' own, for one realm or several that trust each other, on a loopback port and in
 * a folder that goes with it. Nothing of the machine's own Kerberos set-up is read or written.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, freePort } from './ports';
import { serverCommand } from './server-command';

const PROGRAMS = ['kdb5_util', 'kadmin.local', 'krb5kdc'] as const;
/** Debian has the programs of servers where a user's PATH may not look. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin`;

type Program = (typeof PROGRAMS)[number] | 'kinit';

export class KdcServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'securest-kdc-'));
  #process: ChildProcess | undefined;
  port = 0;

  /** @param realms the first is the default realm; each trusts all others */
  constructor(readonly realms: readonly [string, ...string[]]) {}

  /** What programs and Node need to know to use this KDC, and no other. */
  get env(): Record<string, string> {
    return {
      KRB5_CONFIG: join(this.folder, 'krb5.conf'),
      KRB5RCACHEDIR: this.folder,
    };
  }

  /**
   * Starts it, or starts it again with what it held.
   * @param clock how far its clock is off, as faketime takes it: `-1h`
   */
  async start(clock?: string): Promise<void> {
    if (this.port === 0) this.#createRealms();
    for (let attempt = 1; !(await this.#listens(clock)); attempt += 1) {
      if (attempt === 5) throw new Error('krb5kdc ended at once');
      // The port was free a moment ago, and somebody else has it now.
      await this.#usePort();
    }
  }

  #createRealms(): void {
    this.#configure();
    for (const realm of this.realms) {
      this.#run('kdb5_util', ['-r', realm, 'create', '-s', '-W', '-P', 'master of the test']);
    }
    for (const realm of this.realms) {
      this.#admin(realm, ...this.#trust().map((name) => `addprinc -pw between-realms ${name}`));
    }
  }

  async #usePort(): Promise<void> {
    this.port = await freePort();
    this.#configure();
  }

  /** Runs it; false when it ended before anybody could reach it. */
  async #listens(clock?: string): Promise<boolean> {
    if (this.port === 0) await this.#usePort();
    const realms = this.realms.flatMap((realm) => ['-r', realm]);
    const running = spawn(...serverCommand('krb5kdc', ['-n', ...realms]), {
      env: this.#env(clock),
      stdio: 'ignore',
    });
    this.#process = running;
    while (isRunning(running)) {
      if ((await accepts(this.port)) && isRunning(running)) return true;
      await new Promise((resume) => setTimeout(resume, 10));
    }
    return false;
  }

  /** Makes a principal whose key is a password's. */
  addUser(principal: string, password: string): void {
    this.#admin(realmOf(principal, this.realms[0]), `addprinc -pw ${password} ${principal}`);
  }

  /** Makes principals with random keys and writes them into a keytab. @returns its path */
  addServices(file: string, ...principals: readonly string[]): string {
    const path = join(this.folder, file);
    for (const principal of principals) {
      const realm = realmOf(principal, this.realms[0]);
      this.#admin(realm, `addprinc -randkey ${principal}`, `ktadd -k ${path} ${principal}`);
    }
    return path;
  }

  /** Gives a service a new key, under the next key version. @returns the new keytab */
  renewKey(file: string, principal: string): string {
    const path = join(this.folder, file);
    this.#admin(realmOf(principal, this.realms[0]), `ktadd -k ${path} ${principal}`);
    return path;
  }

  /** Logs a user in. @returns the ticket cache, to be named by KRB5CCNAME */
  kinit(principal: string, password: string, how: { clock?: string; args?: readonly string[] } = {}): string {
    const cache = `FILE:${join(this.folder, `cc-${String(++this.#caches)}`)}`;
    this.#run('kinit', ['-c', cache, ...(how.args ?? []), principal], `${password}\n`, how.clock);
    return cache;
  }

  #caches = 0;

  /** Ends it at once. */
  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || !isRunning(running)) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #trust(): string[] {
    return this.realms.flatMap((from) =>
      this.realms.filter((to) => to !== from).map((to) => `krbtgt/${to}@${from}`),
    );
  }

  #configure(): void {
    const client = this.realms.map((realm) => `${realm} = {\n kdc = 127.0.0.1:${String(this.port)}\n }`);
    // Names are taken as they are, and nobody is asked for them: the tests need no name service.
    writeFileSync(
      join(this.folder, 'krb5.conf'),
      `[libdefaults]
 default_realm = ${this.realms[0]}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 forwardable = true
 udp_preference_limit = 1
[realms]
 ${client.join('\n ')}
[domain_realm]
 localhost = ${this.realms[0]}
`,
    );
    const realms = this.realms.map((realm) => {
      mkdirSync(join(this.folder, realm), { recursive: true });
      return `${realm} = {
 database_name = ${join(this.folder, realm, 'principal')}
 key_stash_file = ${join(this.folder, realm, 'stash')}
 acl_file = ${join(this.folder, realm, 'acl')}
 kdc_listen = ""
 kdc_tcp_listen = 127.0.0.1:${String(this.port)}
 supported_enctypes = aes256-cts-hmac-sha1-96:normal
 }`;
    });
    writeFileSync(
      join(this.folder, 'kdc.conf'),
      `[realms]\n ${realms.join('\n ')}\n[logging]\n kdc = FILE:${join(this.folder, 'kdc.log')}\n`,
    );
  }

  #admin(realm: string, ...commands: readonly string[]): void {
    for (const command of commands) this.#run('kadmin.local', ['-r', realm, '-q', command]);
  }

  #run(program: Program, args: string[], input = '', clock?: string): void {
    const how = { env: this.#env(clock), encoding: 'utf8', input } as const;
    const { status, stdout, stderr, error } = spawnSync(program, args, how);
    // kadmin.local ends with 0 whatever becomes of its command.
    const isRefused = program === 'kadmin.local' && /^(?!WARNING|No policy).+: .* while /m.test(stderr);
    if (status !== 0 || isRefused) throw new Error(`${program} failed: ${error?.message ?? stderr}${stdout}`);
  }

  #env(clock?: string): NodeJS.ProcessEnv {
    const profile = { PATH, KRB5_KDC_PROFILE: join(this.folder, 'kdc.conf') };
    return { ...process.env, ...this.env, ...profile, ...(clock !== undefined && clockOff(clock)) };
  }
}

/** What gives a program another clock. Run by faketime itself it would be that one's child, and outlive it. */
function clockOff(by: string): Record<string, string> {
  const { stdout } = spawnSync('faketime', ['-f', by, 'env'], { encoding: 'utf8' });
  return Object.fromEntries(
    ['LD_PRELOAD', 'FAKETIME'].map((name) => [
      name,
      new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '',
    ]),
  );
}

/** Why there can be no KDC here; undefined where there can. */
export function whyNoKdc(): string | undefined {
  const missing = [...PROGRAMS, 'kinit'].find(
    (program) => !PATH.split(':').some((folder) => existsSync(join(folder, program))),
  );
  return (
    missing &&
    `${missing} is not installed: on Debian the packages krb5-kdc, krb5-admin-server and krb5-user have it`
  );
}

function realmOf(principal: string, fallback: string): string {
  return principal.split('@')[1] ?? fallback;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
