/** What a log line carries besides its text: plain values, named by the glossary's words. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The log, at the three levels of 2010. Ask `infos` or `debugs` before building anything costly: nothing is to be
 * formatted for a level that is off.
 */
export interface Log {
  readonly infos: boolean;
  readonly debugs: boolean;
  /** Always written: start, stop, and what the operator must know. */
  minimal(text: string, fields?: LogFields): void;
  /** Connections and refusals. */
  info(text: string, fields?: LogFields): void;
  /** Each message. */
  debug(text: string, fields?: LogFields): void;
  /** Resolves when every line is out. */
  close(): Promise<void>;
}
