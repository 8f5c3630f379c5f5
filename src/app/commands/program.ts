import { Command, InvalidArgumentError, Option } from 'commander';
import type { Flags } from '../options/sources.js';
import { OPTIONS, type Option as TableOption } from '../options/table.js';
import { brokerLink, brokerOptions, proxyOptions, upOptions } from '../options.js';
import { suggest } from '../suggest.js';
import { UsageError } from '../usage.js';
import { version } from '../version.js';
import { addControlCommands } from './control-commands.js';
import { doubleDashes, type LongOptions } from './dashes.js';
import { ABOUT, AFTER_HELP } from './help.js';
import { http } from './http.js';
import type { ReadyFlags } from './ready.js';
import type { SendFlags } from './send.js';
import { start } from './start.js';
import type { TokenFlags } from './token.js';

/**
 * Runs the command that the arguments name. Each loads what it needs when it is known to be the one.
 * @returns the exit code
 * @throws CommanderError after help and version, and for bad usage; what the command throws
 */
export async function runProgram(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let exitCode = 0;
  const program = brokerCommand(environment);
  const link = () => brokerLink(flagsOf(program), environment);

  command(program, 'up', 'run the broker, and HTTP proxies in processes of their own; start again what dies')
    .configureHelp({ showGlobalOptions: true })
    .action(async () => {
      const { up } = await import('./up.js');
      const options = () => upOptions(flagsOf(program), environment);
      exitCode = await up(options(), options);
    });
  command(program, 'http', 'run an HTTP proxy in a process of its own, for the broker at --broker')
    .configureHelp({ showGlobalOptions: true })
    .action(async () => {
      await http(proxyOptions(flagsOf(program), environment));
    });
  command(program, 'send', 'send a message; done when the broker has taken it')
    .argument('<to>', 'address')
    .argument('[body]', 'what to send; - or nothing: standard input')
    .addOption(timeout('how long the message waits to be received'))
    .option('-r, --reply-to <address>', 'where answers are awaited')
    .option('--id <name>', 'your own unique name for the message: sent again under it, it is not queued twice')
    .addOption(decimals('--delay <seconds>', 'hand it over no sooner'))
    .action(async (to: string, body: string | undefined, flags: SendFlags) => {
      const { send } = await import('./send.js');
      exitCode = await send(link(), to, body, flags);
    });
  command(program, 'ready', 'wait for a message and write its body to standard output')
    .argument('<addresses...>', 'up to 8; the first that holds a message wins')
    .addOption(timeout('how long to wait; 0: only take what is there'))
    .option('-v, --verbose', 'write its line (length, timeout, address, reply address) to standard error')
    .action(async (addresses: string[], flags: ReadyFlags) => {
      const { ready } = await import('./ready.js');
      exitCode = await ready(link(), addresses, flags);
    });
  command(program, 'query', 'send a message and write the reply to standard output')
    .argument('<to>', 'address')
    .argument('[body]', 'what to send; - or nothing: standard input')
    .addOption(timeout('how long to wait for the reply'))
    .option('-v, --verbose', "write the reply's line to standard error")
    .action(async (to: string, body: string | undefined, flags: ReadyFlags) => {
      const { query } = await import('./query.js');
      exitCode = await query(link(), to, body, flags);
    });
  command(program, 'token', 'draw a token: its line for --tokens to standard output, itself to standard error')
    .argument('<name>', 'whose it is, in one word')
    .option('--send <prefix>', 'may send to addresses that begin so; * for all; repeatable', collect)
    .option('--receive <prefix>', 'may receive on addresses that begin so; * for all; repeatable', collect)
    .option('--admin', 'may inspect and control the broker')
    .action(async (name: string, flags: TokenFlags) => {
      const { token } = await import('./token.js');
      exitCode = await token(name, flags);
    });

  addControlCommands(
    (name, text) => command(program, name, text),
    link,
    (code) => {
      exitCode = code;
    },
  );

  await program.parseAsync(doubleDashes(args, longOptions(program), 'tr'), { from: 'user' });
  return exitCode;
}

/** The command without a command's name: the broker. */
function brokerCommand(environment: NodeJS.ProcessEnv): Command {
  const program = new Command('msglite')
    .usage('[options]\n       msglite [options] up|http|send|ready|query|token|stats|queues|… …')
    .description(ABOUT)
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
    .allowExcessArguments()
    .addHelpText('after', AFTER_HELP)
    .action(async () => {
      const [unknown] = program.args;
      if (unknown !== undefined) throw unknownCommand(unknown, program);
      await start(brokerOptions(flagsOf(program), environment));
    });
  for (const [name, option] of OPTIONS) program.addOption(flag(name, option));
  program.addOption(
    new Option('--config <FILE>', 'read options from this TOML file, one a line: http-timeout = 30').helpGroup(
      'General:',
    ),
  );
  return program;
}

/** Commander puts what it suggests on a second line. */
function oneLine(text: string): string {
  return `msglite: ${text
    .replace(/^error: /, '')
    .trimEnd()
    .replaceAll('\n', ' ')}\n`;
}

function flag(name: string, { value, text, standard, standardText, repeatable, yesOrNo, group }: TableOption): Option {
  const shown = yesOrNo ? undefined : (standard ?? standardText);
  const made = new Option(
    yesOrNo ? `--${name}` : `--${name} <${value}>`,
    shown === undefined ? text : `${text} (default: ${shown})`,
  );
  if (repeatable) made.argParser(collect);
  return made.helpGroup(group);
}

function collect(one: string, before: string[] = []): string[] {
  return [...before, one];
}

function command(program: Command, name: string, text: string): Command {
  return program
    .command(name)
    .description(text)
    .copyInheritedSettings(program)
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'print this');
}

function timeout(text: string): Option {
  return new Option('-t, --timeout <seconds>', text).default(60).argParser((value) => {
    if (/^\d{1,9}$/.test(value)) return Number(value);
    throw new InvalidArgumentError('Expected whole seconds.');
  });
}

function decimals(flags: string, text: string): Option {
  return new Option(flags, text).argParser((value) => {
    if (/^\d{1,9}(\.\d{1,3})?$/.test(value)) return Number(value);
    throw new InvalidArgumentError('Expected seconds, such as 10 or 0.5.');
  });
}

/** The broker's options that were given as flags, by their names. */
function flagsOf(program: Command): Flags {
  const flags: Record<string, string | string[] | boolean> = {};
  for (const option of program.options) {
    if (program.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    flags[option.name()] = program.getOptionValue(option.attributeName()) as string | string[] | boolean;
  }
  return flags;
}

function longOptions(program: Command): LongOptions {
  const long = new Map([['help', false]]);
  for (const one of [program, ...program.commands]) {
    for (const option of one.options) long.set(option.name(), option.required);
  }
  return long;
}

function unknownCommand(name: string, program: Command): UsageError {
  const known = program.commands.map((one) => one.name());
  return new UsageError(`unknown command ${JSON.stringify(name)}${suggest(name, known)}; see msglite --help`);
}
