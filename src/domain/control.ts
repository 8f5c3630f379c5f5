/** To inspect and control. Addresses are those of queues: no labels. */
export type Control =
  | { readonly command: 'stats' }
  /** At most 1,000 queues in the order of their names, those after a name. */
  | { readonly command: 'queues'; readonly prefix: string; readonly after: string }
  /** The first messages, 1 to 1,000, left where they are. */
  | { readonly command: 'peek'; readonly address: string; readonly count: number }
  /** Drops all that wait. */
  | { readonly command: 'purge'; readonly address: string }
  /** Sends dead letters back, `count` at most; Infinity: all. */
  | { readonly command: 'kick'; readonly address: string; readonly count: number }
  | { readonly command: 'pause' | 'resume'; readonly address: string }
  /** Takes back a queued message, by its full address and its sender's id. */
  | { readonly command: 'recall'; readonly address: string; readonly id: string };
