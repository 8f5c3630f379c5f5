/** msglite for programs: send messages, wait for them, ask and answer. */
export type { Endpoint } from './address.js';
export type { BodyInput } from './arguments.js';
export { type CallOptions, type Client, type ConnectOptions, connect, type SendOptions } from './client.js';
export { type ErrorCode, MsgliteError } from './errors.js';
export type { Message } from './message.js';
