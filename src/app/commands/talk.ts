import { type Client, connect, type Message } from '../../client/index.js';
import { EXIT, Interrupted } from '../exit.js';
import { readLink } from '../link.js';
import type { LinkOptions } from '../options/link.js';

/**
 * Connects, lets `what` talk, and closes; SIGINT and SIGTERM abort its signal. All that it asks for is answered, so that it is no
 * failure if the broker does not answer the goodbye.
 */
export async function talk<T>(
  link: LinkOptions,
  what: (client: Client, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { at, token, tls } = readLink(link);
  const abort = new AbortController();
  const interrupt = (signal: 'SIGINT' | 'SIGTERM') => abort.abort(new Interrupted(signal));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const client = await connect({ address: at, token, tls, signal: abort.signal });
    try {
      return await what(client, abort.signal);
    } finally {
      await client.close().catch(() => undefined);
    }
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** The body as it was given, or standard input where it was not, or is `-`. */
export async function bodyFrom(argument: string | undefined): Promise<string | Buffer> {
  if (argument !== undefined && argument !== '-') return argument;
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * Writes the body to standard output as it is, and its line to standard error if asked to.
 * @returns the exit code
 */
export async function show(message: Message | undefined, verbose: boolean): Promise<number> {
  if (message === undefined) return EXIT.timedOut;
  const { body, timeout, to, replyTo } = message;
  if (verbose) process.stderr.write(`> ${body.length} ${timeout} ${to}${replyTo === undefined ? '' : ` ${replyTo}`}\n`);
  await write(body);
  return EXIT.done;
}

/**
 * Writes to standard output.
 * @throws if nobody reads it any more (the cause is an EPIPE), or there is no room
 */
export function write(bytes: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => reject(new Error(`cannot write to standard output: ${cause.message}`, { cause }));
    process.stdout.once('error', failed);
    process.stdout.write(bytes, (error) => {
      if (error) return;
      process.stdout.off('error', failed);
      resolve();
    });
  });
}
