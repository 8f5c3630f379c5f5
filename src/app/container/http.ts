import type { DependencyContainer } from 'tsyringe';
import { HTTP_SETTINGS, HttpProxy, type HttpSettings } from '../../adapters/http/proxy.js';
import { accept } from '../../adapters/tcp/accept.js';
import { showAddress } from '../../adapters/tcp/listen.js';
import type { HttpOptions } from '../options.js';
import { HTTP_PROXY, once } from './common.js';

/** @param listen makes its server listen where the options say */
export function registerProxy(parts: DependencyContainer, http: HttpOptions, listen: HttpSettings['listen']): void {
  const { listen: address, ...settings } = http;
  parts.register<HttpSettings>(HTTP_SETTINGS, { useValue: { ...settings, at: showAddress(address), listen, accept } });
  once(parts, HTTP_PROXY, (from) => from.resolve(HttpProxy));
}
