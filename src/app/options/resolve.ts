import { safeParse } from 'valibot';
import { UsageError } from '../usage.js';
import { type Flags, fromEnvironment, fromFile, fromFlags, type Given, type Source } from './sources.js';
import { environmentName, OPTIONS, type Option, type OptionName, type Values } from './table.js';

/** The options' values, and which of them somebody has given. */
export interface Resolved {
  readonly values: Values;
  readonly given: ReadonlyMap<OptionName, Given>;
}

/**
 * Flags before the environment, the environment before the configuration file, that before the defaults.
 * @throws UsageError naming the option, where it was given, and what was expected
 */
export function resolve(flags: Flags, environment: NodeJS.ProcessEnv): Resolved {
  const file = flags.config ?? environment[environmentName('config')];
  const sources: Source[] = [fromFlags(flags), fromEnvironment(environment)];
  if (typeof file === 'string') sources.push(fromFile(file));

  const given = new Map<OptionName, Given>();
  const values: Record<string, unknown> = {};
  for (const [name, option] of OPTIONS) {
    const first = sources.find((source) => source.has(name))?.get(name);
    if (first !== undefined) given.set(name, first);
    values[name] = parsed(option, first);
  }
  return { values: values as Values, given };
}

function parsed(option: Option, given: Given | undefined): unknown {
  if (given !== undefined) {
    const values = given.texts.map((text) => parseText(option, text, given.where));
    return option.repeatable ? values : values[0];
  }
  return option.standard === undefined ? undefined : parseText(option, option.standard, 'default');
}

function parseText(option: Option, text: string, where: string): unknown {
  const result = safeParse(option.schema, text);
  if (result.success) return result.output;
  const [{ message: expected }] = result.issues;
  throw new UsageError(`${where}: ${JSON.stringify(text)} is not valid, expected ${expected}`);
}
