/** Where a broker is: a unix socket's path, or a TCP host and port (0 to 65535). */
export type Endpoint = { readonly path: string } | { readonly host: string; readonly port: number };

/** `unix:/path` or `tcp:host:port`; undefined if it is neither. */
export function parseEndpoint(text: string): Endpoint | undefined {
  if (/^unix:[^\0]+$/.test(text)) return { path: text.slice('unix:'.length) };
  return text.startsWith('tcp:') ? parseHostAndPort(text.slice('tcp:'.length)) : undefined;
}

/** Several of them, separated by commas; undefined if one is none. Blanks around them do not count. */
export function parseEndpoints(text: string): readonly Endpoint[] | undefined {
  const parts = text.split(/,(?=\s*(?:unix|tcp):)/);
  const endpoints = parts.map((part) => parseEndpoint(part.trim()));
  return endpoints.every((endpoint) => endpoint !== undefined) ? endpoints : undefined;
}

/** `host:port`, or `[::1]:port`; undefined if it is neither. */
export function parseHostAndPort(text: string): Endpoint | undefined {
  const match = /^(?:\[([\da-f:.]+(?:%\w+)?)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65535 ? undefined : { host, port };
}

/** As `parseEndpoint` takes it. */
export function showEndpoint(endpoint: Endpoint): string {
  if ('path' in endpoint) return `unix:${endpoint.path}`;
  const { host, port } = endpoint;
  return `tcp:${host.includes(':') ? `[${host}]` : host}:${port}`;
}
