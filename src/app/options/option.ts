import type { GenericSchema } from 'valibot';

/** Headings of the help. */
export type Group = 'Where:' | 'Access:' | 'HTTP proxy:' | 'Journal:' | 'Limits:' | 'Log:' | 'General:';

/**
 * One option, under its name as a flag. The name in the environment is made from it (`http-address`:
 * `MSGLITE_HTTP_ADDRESS`); in a configuration file it is the same.
 */
export interface Option {
  /** From text. Its error message says what was expected. */
  readonly schema: GenericSchema<string, unknown>;
  readonly group: Group;
  /** What stands for its value in the help. */
  readonly value: string;
  readonly text: string;
  /** As one would write it. */
  readonly standard?: string;
  /** For the help, where the default is found out later. */
  readonly standardText?: string;
  /** Can be given several times; in the environment, values are separated by blanks. */
  readonly repeatable?: true;
  /** A configuration file may give it as a number. */
  readonly numeric?: true;
  /** As a flag it has no value; elsewhere it is `true` or `false`. */
  readonly yesOrNo?: true;
  /** Who it is for; all if not given. */
  readonly only?: Audience;
}

/**
 * Those who run a broker, those who run an HTTP proxy (a broker can), those who look for a broker, those who talk to one
 * (`up` knows where it is), or `up` alone.
 */
export type Audience = 'broker' | 'proxies' | 'commands' | 'clients' | 'up';

/** Checks an option's shape and keeps its own type. */
export function option<const O extends Option>(of: O): O {
  return of;
}
