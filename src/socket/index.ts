/** Sockets: who may open one, who may send which event, and for how long. The libraries of sockets are optional peers. */
export type { SocketIoServer } from './io-server';
export { socketLogin } from './known-sockets';
export { secureSocketControllers, type SocketControllersOptions } from './socket-controllers';
export { secureSocketIo } from './socket-io';
export type { SocketHandshake, SocketIoOptions } from './socket-io-options';
export type { SocketEnd, SocketLogin } from './socket-login';
export type { SocketOptions } from './socket-options';
export { upgradeGuard } from './upgrade-guard';
