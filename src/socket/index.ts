/** Sockets: who may open one, and for how long. Needs no library of sockets. */
export type { SocketEnd, SocketLogin } from './socket-login';
export type { SocketOptions } from './socket-options';
export { upgradeGuard } from './upgrade-guard';
