import type { DependencyContainer } from 'tsyringe';
import { HTTP_SETTINGS, HttpProxy, type HttpSettings } from '../../adapters/http/proxy.js';
import { accept } from '../../adapters/tcp/accept.js';
import { showAddress } from '../../adapters/tcp/listen.js';
import type { HttpOptions } from '../options.js';
import { once } from './common.js';

/** Registered only where the options ask for a proxy. */
export const HTTP_PROXY = Symbol('HttpProxy');

/** @param listen makes its server listen where the options say */
export function registerProxy(parts: DependencyContainer, http: HttpOptions, listen: HttpSettings['listen']): void {
  const { listen: address, ...settings } = http;
  parts.register<HttpSettings>(HTTP_SETTINGS, { useValue: { ...settings, at: showAddress(address), listen, accept } });
  once(parts, HTTP_PROXY, (from) => from.resolve(HttpProxy));
}
