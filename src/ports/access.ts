/** What one client may do. Asked again for each command: it can change while the client is connected. */
export interface Rights {
  /** Of its token, for the log; empty where it needed none. */
  readonly name: string;
  /** Whether it may inspect and control the broker. */
  readonly admin: boolean;
  /** The token counts no more, and its connections are to end. */
  readonly revoked: boolean;
  maySend(address: string): boolean;
  mayReceive(address: string): boolean;
}

/** Who may do what. */
export interface Access {
  /** What those may do who have shown no token; undefined: nothing, a token is wanted. */
  withoutToken(over: 'unix' | 'tcp'): Rights | undefined;
  /** What the owner of this token may do; undefined: there is no such token. Takes as long for one as for the other. */
  rights(token: string): Rights | undefined;
  /**
   * Takes up what was changed since the start.
   * @throws saying what is wrong there; then all stays as it was
   */
  reload(): void;
}
