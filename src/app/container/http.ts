import type { DependencyContainer } from 'tsyringe';
import { HTTP_SETTINGS, HttpProxy, type HttpSettings } from '../../adapters/http/proxy.js';
import { showAddress } from '../../adapters/tcp/listen.js';
import type { HttpOptions } from '../options.js';
import { HTTP_PROXY, once } from './common.js';
import { SOCKETS, type Sockets } from './sockets.js';

/** @param listen makes its server listen where the options say */
export function registerProxy(parts: DependencyContainer, http: HttpOptions, listen: HttpSettings['listen']): void {
  const { listen: address, ...settings } = http;
  const at = showAddress(address);
  once<HttpSettings>(parts, HTTP_SETTINGS, (from) => {
    const { accept } = from.resolve<Sockets>(SOCKETS);
    return { ...settings, at, listen, accept };
  });
  once(parts, HTTP_PROXY, (from) => from.resolve(HttpProxy));
}
