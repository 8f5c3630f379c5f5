/** What Node has a socket's descriptor in: not documented, but it is what `node:cluster` passes on. */
export interface Handle {
  readonly fd: number;
}

/** A socket. Without a handle it is used as everybody does. */
export interface WithHandle {
  _handle?: Handle | null | undefined;
}
