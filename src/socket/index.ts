/** Authentication and authorisation of sockets and their events. The socket libraries are optional peers. */
export type { SocketIoServer } from './io-server';
export { socketLogin } from './known-sockets';
export { secureSocketControllers, type SocketControllersOptions } from './socket-controllers';
export { secureSocketIo } from './socket-io';
export type { SocketHandshake, SocketIoOptions } from './socket-io-options';
export type { SocketEnd, SocketLogin } from './socket-login';
export type { SocketOptions } from './socket-options';
export { upgradeGuard } from './upgrade-guard';
