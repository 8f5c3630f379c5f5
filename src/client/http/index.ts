/** msglite for web applications: any of Node's, unmodified, behind the HTTP proxy. */
export type { Application } from './application.js';
export type { FetchHandler, FetchObject, RequestInfo } from './fetch/handler.js';
export type { HttpServeOptions } from './options.js';
export { serve } from './serve.js';
