/** The client's address: the socket's, or the address that trusted proxies forwarded. */
import { BlockList, isIP, isIPv4, isIPv6, type Socket } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { ConfigurationError } from '../errors';
import type { ClientCertificateSource } from './client-certificate';

/** The number of proxies in front of the app, or their networks as CIDR. */
export type TrustProxy = number | readonly string[];

export interface Client {
  readonly ip: string;
  readonly secure: boolean;
  /** The place of the client's certificate; undefined if no trusted peer states it. */
  readonly certificateFrom?: 'socket' | 'header' | undefined;
}

/** Finds the client of a request. Forwarded headers count only as far as proxies are trusted. */
export type ClientFinder = (request: IncomingMessage) => Client;

/** @throws ConfigurationError for `true`, a negative or invalid count, and an invalid network */
export function clientFinder(
  trustProxy: TrustProxy | undefined,
  certificates: ClientCertificateSource = 'socket',
): ClientFinder {
  const isTrusted = trustTest(trustProxy);
  if (certificates === 'proxy' && (trustProxy === undefined || trustProxy === 0 || isEmptyList(trustProxy))) {
    throw new ConfigurationError(
      "clientCertificateFrom: 'proxy' needs trustProxy: anybody else could send the header Client-Cert",
    );
  }
  return (request) => {
    const socket = request.socket as Partial<TLSSocket>;
    const peer = plainAddress(peerOf(request.socket));
    const forwarded = list(request.headers['x-forwarded-for']);
    let ip = peer;
    let hops = 0;
    // From the nearest address outwards: addresses written by an untrusted peer are not read.
    while (hops < forwarded.length && isTrusted(ip, hops)) {
      const next = forwardedAddress(forwarded[forwarded.length - 1 - hops] ?? '');
      if (next === undefined) break;
      ip = next;
      hops += 1;
    }
    const isProxy = isTrusted(peer, 0);
    const certificateFrom = certificates === 'socket' ? 'socket' : isProxy ? 'header' : undefined;
    if (socket.encrypted === true) return { ip, secure: true, certificateFrom };
    return { ip, secure: isProxy && isForwardedHttps(request, hops), certificateFrom };
  };
}

function isEmptyList(trustProxy: TrustProxy): boolean {
  return Array.isArray(trustProxy) && trustProxy.length === 0;
}

/** The remote addresses of sockets, because a closed socket does not know its own any more. */
const PEERS = new WeakMap<Socket, string>();

/** The address at the other end of a socket, as it was first seen; empty if it is unknown. */
export function peerOf(socket: Socket): string {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined || remoteAddress === '') return PEERS.get(socket) ?? '';
  if (PEERS.get(socket) !== remoteAddress) PEERS.set(socket, remoteAddress);
  return remoteAddress;
}

/** True for an address of this machine itself. */
export function isLoopback(ip: string): boolean {
  return isIP(ip) !== 0 && LOOPBACK.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
}

/** Headers that proxies add to a request, in lower case. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/** True if a proxy reports that the client is elsewhere. @param header returns a header of the request */
export function isForwarded(header: (name: string) => unknown): boolean {
  return FORWARDED.some((name) => header(name) !== undefined);
}

/**
 * True if the connection of the client comes from this machine itself; false if a proxy on this machine forwarded it.
 */
export function isOnThisMachine({ socket, headers }: IncomingMessage): boolean {
  return isLoopback(plainAddress(peerOf(socket))) && !isForwarded((name) => headers[name]);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** The protocol as the outermost trusted proxy saw it. */
function isForwardedHttps(request: IncomingMessage, hops: number): boolean {
  const protocols = list(request.headers['x-forwarded-proto']);
  const index = protocols.length - Math.max(1, hops);
  return protocols[Math.max(0, index)]?.toLowerCase() === 'https';
}

function trustTest(trustProxy: TrustProxy | undefined): (address: string, hops: number) => boolean {
  if (trustProxy === undefined) return () => false;
  if (typeof trustProxy === 'number') {
    if (!Number.isSafeInteger(trustProxy) || trustProxy < 0) throw invalid();
    return (_address, hops) => hops < trustProxy;
  }
  if (!Array.isArray(trustProxy)) throw invalid();
  const networks = new BlockList();
  for (const network of trustProxy as readonly unknown[]) addNetwork(networks, network);
  return (address) => isIP(address) !== 0 && networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function addNetwork(networks: BlockList, network: unknown): void {
  if (typeof network !== 'string') throw invalid();
  const [address = '', bits, ...rest] = network.split('/');
  const family = isIP(address);
  const length = bits === undefined ? (family === 6 ? 128 : 32) : Number(bits);
  const isLength = bits === undefined || /^\d{1,3}$/.test(bits);
  if (family === 0 || !isLength || rest.length > 0 || length > (family === 6 ? 128 : 32)) throw invalid();
  networks.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
}

function invalid(): ConfigurationError {
  return new ConfigurationError(
    'trustProxy: give the number of proxies in front of the app, or a list of their networks such as ' +
      "['10.0.0.0/8']; true would trust the headers of any client",
  );
}

function list(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text === '' ? [] : text.split(',').map((part) => part.trim());
}

/** The IPv4 address behind an IPv4-mapped IPv6 address. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

/** Longer than any address with a zone and a port. */
const MAX_LENGTH = 100;
const BRACKETED = /^\[([^\]]*)\](?::(\d{1,5}))?$/;
const WITH_PORT = /^([\d.]+):(\d{1,5})$/;
const MAX_PORT = 65_535;

/**
 * An address as proxies write it: some append the port of the client, and put IPv6 into brackets. Each address has a
 * single spelling (RFC 5952), since otherwise each spelling would have a budget of its own. Undefined for text that is
 * not an address.
 */
function forwardedAddress(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [, address = text, port = '0'] = WITH_PORT.exec(text) ?? BRACKETED.exec(text) ?? [];
  if (Number(port) > MAX_PORT) return undefined;
  if (isIPv4(address)) return text.startsWith('[') ? undefined : address;
  // A zone is meaningful only on the machine that wrote it.
  const [ipv6 = ''] = address.split('%');
  return isIPv6(ipv6) ? canonicalAddress(ipv6) : undefined;
}

function canonicalAddress(ipv6: string): string {
  const canonical = new URL(`http://[${ipv6}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const groups = [high, low].map((group) => Number.parseInt(group, 16));
  return groups.flatMap((group) => [group >> 8, group & 255]).join('.');
}
