import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { suggest } from '../suggest.js';
import { UsageError } from '../usage.js';
import { environmentName, isOptionName, OPTIONS, type OptionName, optionOf } from './table.js';

/** What was written for an option, and where. */
export interface Given {
  /** For error messages: `--address`, `environment variable MSGLITE_ADDRESS`, `/etc/msglite.toml: address`. */
  readonly where: string;
  /** One, unless the option can be repeated. */
  readonly texts: readonly string[];
}

/** What one source says. */
export type Source = ReadonlyMap<OptionName, Given>;

/** Flags as commander gives them: text, or a list of texts for what can be repeated. */
export type Flags = Readonly<Partial<Record<string, string | readonly string[] | boolean>>>;

/** Variables that are ours but no option of the table. */
const OTHER_VARIABLES = [environmentName('config')];

export function fromFlags(flags: Flags): Source {
  const source = new Map<OptionName, Given>();
  for (const [name] of OPTIONS) {
    const value = flags[name];
    if (typeof value === 'string') source.set(name, { where: `--${name}`, texts: [value] });
    else if (value === true) source.set(name, { where: `--${name}`, texts: ['true'] });
    else if (Array.isArray(value)) source.set(name, { where: `--${name}`, texts: value });
  }
  return source;
}

/** @throws UsageError if a variable has our prefix and is none of ours */
export function fromEnvironment(environment: NodeJS.ProcessEnv): Source {
  const source = new Map<OptionName, Given>();
  for (const [name, { repeatable }] of OPTIONS) {
    const text = environment[environmentName(name)];
    if (text === undefined) continue;
    const texts = repeatable ? text.split(/\s+/).filter((word) => word !== '') : [text];
    source.set(name, { where: `environment variable ${environmentName(name)}`, texts });
  }
  const known = [...OPTIONS.map(([name]) => environmentName(name)), ...OTHER_VARIABLES];
  for (const variable of Object.keys(environment)) {
    if (variable.startsWith('MSGLITE_') && !known.includes(variable)) {
      throw new UsageError(`unknown environment variable ${variable}${suggest(variable, known)}`);
    }
  }
  return source;
}

/** @throws UsageError if it can't be read, is no TOML, or says something unknown */
export function fromFile(file: string): Source {
  const source = new Map<OptionName, Given>();
  for (const [name, value] of Object.entries(readToml(file))) {
    if (!isOptionName(name)) {
      const known = OPTIONS.map(([option]) => option);
      throw new UsageError(`${file}: unknown option ${JSON.stringify(name)}${suggest(name, known)}`);
    }
    const where = `${file}: ${name}`;
    const { repeatable } = optionOf(name);
    const values: readonly unknown[] = repeatable && Array.isArray(value) ? value : [value];
    source.set(name, { where, texts: values.map((one) => textOf(name, one, where)) });
  }
  return source;
}

function readToml(file: string): object {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read the configuration file ${file}: ${(cause as Error).message}`, { cause });
  }
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    // Its message goes on with a picture of the place; one line is enough.
    const [what] = cause.message.split('\n');
    throw new UsageError(`${file}:${cause.line}:${cause.column}: ${what}`, { cause });
  }
}

/** TOML writes octal as 0o660 and then hides it from us: so only where a number is meant may one be given. */
function textOf(name: OptionName, value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  const { numeric, yesOrNo } = optionOf(name);
  if (numeric && typeof value === 'number') return String(value);
  if (yesOrNo && typeof value === 'boolean') return String(value);
  const expected = numeric ? 'a number, or text in quotes' : yesOrNo ? 'true or false' : 'text in quotes';
  throw new UsageError(`${where}: expected ${expected}`);
}
