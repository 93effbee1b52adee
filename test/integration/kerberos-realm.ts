/** A realm with its users, services and tickets, and the Kerberos client that the tests are. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { SecurityRequest } from '../../src';
import { fakeRequest } from '../support/fake-request';
import { KdcServer, whyNoKdc } from './kdc-server';

/** As much as the tests use of the package `kerberos`, which is not installed everywhere. */
interface KerberosPackage {
  readonly GSS_MECH_OID_KRB5: number;
  readonly GSS_MECH_OID_SPNEGO: number;
  readonly GSS_C_DELEG_FLAG: number;
  readonly GSS_C_MUTUAL_FLAG: number;
  initializeClient(service: string, options: { mechOID: number; flags?: number }): Promise<KerberosClient>;
}

export interface KerberosClient {
  readonly contextComplete: boolean;
  step(token: string): Promise<string>;
}

/** A client with the token that it sends. */
export interface Ticket {
  readonly client: KerberosClient;
  readonly token: string;
}

export const REALM = 'NOTES.TEST';
export const FOREIGN = 'OTHER.TEST';
const PASSWORD = 'password-of-the-test';
const VARIABLES = ['KRB5_CONFIG', 'KRB5RCACHEDIR', 'KRB5_KTNAME', 'KRB5CCNAME'];

export class KerberosRealm {
  readonly kdc = new KdcServer([REALM, FOREIGN]);
  readonly #caches = new Map<string, string>();
  readonly #before = VARIABLES.map((name) => [name, process.env[name]] as const);
  #turn: Promise<unknown> = Promise.resolve();
  keytab = '';

  /** Starts it, and makes this process its server and its client. */
  async start(): Promise<void> {
    await this.kdc.start();
    this.keytab = this.kdc.addServices('http.keytab', 'HTTP/localhost', 'HTTP/other.test');
    Object.assign(process.env, this.kdc.env, { KRB5_KTNAME: `FILE:${this.keytab}` });
  }

  /** The ticket cache of a user, who is made and logged in where that was not done before. */
  cacheOf(principal: string): string {
    const known = this.#caches.get(principal);
    if (known !== undefined) return known;
    this.kdc.addUser(principal, PASSWORD);
    const cache = this.kdc.kinit(principal, PASSWORD);
    this.#caches.set(principal, cache);
    return cache;
  }

  /** A token of a user for a service. */
  ticket(principal: string, how: TicketOptions = {}): Promise<Ticket> {
    // One after the other: the cache is named in the environment.
    const ticket = this.#turn.then(() => this.#ticket(principal, how));
    this.#turn = ticket.catch(() => undefined);
    return ticket;
  }

  async #ticket(principal: string, { service, isRaw, flags, cache }: TicketOptions): Promise<Ticket> {
    const kerberos = kerberosPackage();
    process.env['KRB5CCNAME'] = cache ?? this.cacheOf(principal);
    const mechOID = isRaw === true ? kerberos.GSS_MECH_OID_KRB5 : kerberos.GSS_MECH_OID_SPNEGO;
    const client = await kerberos.initializeClient(service ?? 'HTTP@localhost', {
      mechOID,
      ...(flags !== undefined && { flags }),
    });
    return { client, token: await client.step('') };
  }

  /**
   * A token of now, with a ticket that began an hour ago and was for so long. Clients send no ticket that has ended,
   * so this one is told that its ticket ends tomorrow; what the service is told is encrypted, and stays.
   */
  async oldTicket(principal: string, seconds: number): Promise<Ticket> {
    const clock = '-1h';
    this.cacheOf(principal);
    await this.kdc.stop();
    await this.kdc.start(clock);
    try {
      const args = ['-S', 'HTTP/localhost', '-l', `${String(seconds)}s`];
      const cache = this.kdc.kinit(principal, PASSWORD, { clock, args });
      moveEnd(cache.replace('FILE:', ''), seconds);
      return await this.ticket(principal, { cache });
    } finally {
      await this.kdc.stop();
      await this.kdc.start();
    }
  }

  async header(principal: string, how?: TicketOptions): Promise<{ authorization: string }> {
    return { authorization: `Negotiate ${(await this.ticket(principal, how)).token}` };
  }

  async request(principal: string, how?: TicketOptions): Promise<SecurityRequest> {
    return fakeRequest({ headers: await this.header(principal, how) });
  }

  async stop(): Promise<void> {
    for (const [name, value] of this.#before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await this.kdc.remove();
  }
}

export interface TicketOptions {
  readonly service?: string;
  /** The bare Kerberos token, as some clients send it, in place of SPNEGO. */
  readonly isRaw?: boolean;
  readonly flags?: number;
  /** @default the user's own */
  readonly cache?: string;
}

export function kerberosPackage(): KerberosPackage {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what is missing here must not end the file
  return require('kerberos') as KerberosPackage;
}

export function negotiate(token: Buffer | string): SecurityRequest {
  const text = typeof token === 'string' ? token : token.toString('base64');
  return fakeRequest({ headers: { authorization: `Negotiate ${text}` } });
}

/** A token with one bit changed. */
export function flipped(token: string, at: number): string {
  const bytes = Buffer.from(token, 'base64');
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString('base64');
}

/**
 * Gives the one ticket in a cache another end: tomorrow's. Before that stand when it was given out, and when it began.
 * It is shorter by as long as the KDC took.
 */
function moveEnd(path: string, seconds: number): void {
  const bytes = readFileSync(path);
  for (let at = 0; at + 12 <= bytes.length; at += 1) {
    const [given = 0, began = 0, ends = 0] = [0, 4, 8].map((offset) => bytes.readUInt32BE(at + offset));
    const shorter = given + seconds - ends;
    if (given === 0 || given !== began || shorter < 0 || shorter > 60) continue;
    bytes.writeUInt32BE(given + 86_400, at + 8);
    writeFileSync(path, bytes);
    return;
  }
  throw new Error('There is no such ticket in the cache');
}

/** Why Kerberos cannot be tested here; undefined where it can. */
export function whyNoKerberos(...programs: readonly string[]): string | undefined {
  const noKdc = whyNoKdc();
  if (noKdc !== undefined) return noKdc;
  const missing = programs.find((program) => spawnSync(program, ['--version']).error !== undefined);
  if (missing !== undefined) return `${missing} is not installed: on Debian the package ${missing}`;
  try {
    kerberosPackage();
    return undefined;
  } catch {
    return 'the package kerberos is not installed: npm run install:kerberos (needs libkrb5-dev and a compiler)';
  }
}
