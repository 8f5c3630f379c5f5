/** msglite for programs: send messages, wait for them, ask and answer, and lose none. */
export type { Endpoint } from './address.js';
export type { BodyInput } from './arguments.js';
export { type Client, connect } from './client.js';
export type { Controls, PeekedMessage, QueueRow } from './control.js';
export { type ErrorCode, MsgliteError } from './errors.js';
export type { ClientEvents, Connected, Disconnected, Reconnected, Retry } from './events.js';
export type { TlsOptions } from './link/dial.js';
export type { LeasedMessage, Message } from './message.js';
export type { ConnectOptions } from './options.js';
export type { CallOptions, MessageOptions, Receipt, SendOptions } from './sends.js';
export type { Handler, HandlerResult } from './serving.js';
export type { ReceiveOptions, ServeOptions } from './streams.js';
