/** An OpenLDAP of the tests' own, on loopback ports, in a folder that goes with it. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from './certificates';
import { accepts, freePort } from './ports';
import { serverCommand } from './server-command';
import { ServerProcess } from './server-process';

const PROGRAMS = ['/usr/sbin/slapd', '/usr/sbin/slapadd'];
const SCHEMA = '/etc/ldap/schema';
export const SUFFIX = 'dc=example,dc=org';
export const ROOT = { bindDn: `cn=root,${SUFFIX}`, bindPassword: 'root of the tests' };

export interface SlapdOptions {
  /** Entries, as LDIF, below the suffix, which is there. */
  readonly entries: string;
  /** For `ldaps://` and StartTLS. */
  readonly certificate?: Certificate;
}

export class SlapdServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'securest-slapd-'));
  readonly #process = new ServerProcess('slapd');
  port = 0;
  tlsPort = 0;

  constructor(private readonly options: SlapdOptions) {}

  get url(): string {
    return `ldap://127.0.0.1:${String(this.port)}`;
  }

  /** By the name that certificates are for. */
  get tlsUrl(): string {
    return `ldaps://localhost:${String(this.tlsPort)}`;
  }

  get startTlsUrl(): string {
    return `ldap://localhost:${String(this.port)}`;
  }

  /** Starts it, or starts it again with what it held. */
  async start(): Promise<void> {
    if (this.port === 0) {
      this.#load();
      [this.port, this.tlsPort] = [await freePort(), await freePort()];
    }
    const urls = [
      this.url,
      ...(this.options.certificate ? [`ldaps://127.0.0.1:${String(this.tlsPort)}`] : []),
    ];
    const args = ['-h', urls.join(' '), '-F', join(this.folder, 'config'), '-d', '0'];
    await this.#process.start(serverCommand('/usr/sbin/slapd', args), () => accepts(this.port));
  }

  /** Changes entries, by LDIF of changes. */
  modify(ldif: string): void {
    const args = ['-x', '-H', this.url, '-D', ROOT.bindDn, '-w', ROOT.bindPassword];
    const { status, stderr } = spawnSync('ldapmodify', args, { input: ldif, encoding: 'utf8' });
    if (status !== 0) throw new Error(`ldapmodify failed: ${stderr}`);
  }

  /** Stops it, with each of its threads, in the middle of whatever it does. */
  async freeze(): Promise<void> {
    const pid = String(this.#process.pid);
    this.#process.freeze();
    const isStopped = (thread: string): boolean =>
      /^.*\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'));
    while (!readdirSync(`/proc/${pid}/task`).every(isStopped)) {
      await new Promise((resume) => setTimeout(resume, 2));
    }
  }

  thaw(): void {
    this.#process.thaw();
  }

  async stop(): Promise<void> {
    await this.#process.end();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #load(): void {
    for (const name of ['config', 'data']) mkdirSync(join(this.folder, name));
    this.#add('0', configuration(join(this.folder, 'data'), this.options.certificate));
    const [, name = ''] = /dc=([^,]+)/.exec(SUFFIX) ?? [];
    const top = `dn: ${SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: tests\ndc: ${name}\n\n`;
    this.#add('1', `${top}${this.options.entries.trim()}\n`);
  }

  #add(database: string, ldif: string): void {
    const path = join(this.folder, 'load.ldif');
    writeFileSync(path, ldif);
    const args = ['-n', database, '-F', join(this.folder, 'config'), '-l', path];
    const { status, stderr } = spawnSync('/usr/sbin/slapadd', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`slapadd failed: ${stderr}`);
  }
}

/** Why there can be no slapd here; undefined where there can. */
export function whyNoSlapd(): string | undefined {
  const { error } = spawnSync('ldapmodify', ['-VV']);
  const missing = PROGRAMS.find((program) => !existsSync(program)) ?? (error ? 'ldapmodify' : undefined);
  return missing && `there is no ${missing}: install OpenLDAP, on Debian the packages slapd and ldap-utils`;
}

/** Attributes of Active Directory, which OpenLDAP has no meaning for. */
const ACTIVE_DIRECTORY = `
dn: cn=directory,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: directory
olcAttributeTypes: ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
olcAttributeTypes: ( 1.2.840.113556.1.4.159 NAME 'accountExpires' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
olcAttributeTypes: ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
olcObjectClasses: ( 1.2.840.113556.1.5.9.1 NAME 'directoryUser' SUP top AUXILIARY
  MAY ( userAccountControl $ accountExpires $ sAMAccountName ) )
`;

function configuration(data: string, certificate: Certificate | undefined): string {
  const schemas = ['core', 'cosine', 'nis', 'inetorgperson'].map((name) =>
    readFileSync(join(SCHEMA, `${name}.ldif`), 'utf8').replace(/^#.*\n/gm, ''),
  );
  const tls =
    certificate === undefined
      ? ''
      : `olcTLSCertificateFile: ${certificate.cert}\nolcTLSCertificateKeyFile: ${certificate.key}\n`;
  return `dn: cn=config
objectClass: olcGlobal
cn: config
olcIdleTimeout: 0
${tls}
dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: memberof
olcModuleLoad: ppolicy

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

${schemas.join('\n')}
${ACTIVE_DIRECTORY}
dn: olcDatabase=mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: mdb
olcDbDirectory: ${data}
olcDbMaxSize: 16777216
olcDbNoSync: TRUE
olcSuffix: ${SUFFIX}
olcRootDN: ${ROOT.bindDn}
olcRootPW: ${ROOT.bindPassword}
olcAccess: to attrs=userPassword by anonymous auth by * none
olcAccess: to * by dn.base="cn=app,${SUFFIX}" read by * none
olcDbIndex: uid,member,memberUid eq

dn: olcOverlay=memberof,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcMemberOf
olcOverlay: memberof

dn: olcOverlay=ppolicy,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: ppolicy
`;
}
