import type { Access, Rights } from '../../ports/access.js';
import { type Refused, refused } from '../../protocol/refused.js';
import type { TaggedCommand } from '../../protocol/tagged/commands.js';
import { parseTagged } from '../../protocol/tagged/parse-command.js';
import type { Words } from '../../protocol/words.js';

const MAILBOX = '~';
const REPLY = 'reply:';

/**
 * Lets commands through for which the client has the right. It judges a command when its line is read, so that the body of
 * one that is refused is never held.
 *
 * Names that nobody can guess are their own key: mailboxes, reply addresses, and deliveries.
 */
export class Gate {
  /** The client has said hello at most, so that nothing of it can be on its way to the disk. */
  silent = true;
  #rights: Rights | undefined;
  readonly #guarded: boolean;

  /** @param rights undefined: the client has to show a token first */
  constructor(
    private readonly access: Access,
    rights: Rights | undefined,
  ) {
    this.#rights = rights;
    this.#guarded = rights === undefined;
  }

  /** Undefined while the client has not said who it is. */
  get rights(): Rights | undefined {
    return this.#rights;
  }

  /**
   * The client shows a token. Where none is wanted, none is looked at: a client may always show its own.
   * @returns false: there is no such token
   */
  admit(token: string): boolean {
    if (!this.#guarded) return true;
    const rights = this.access.rights(token);
    if (rights !== undefined) this.#rights = rights;
    return rights !== undefined;
  }

  /** The grammar of what this client may say. */
  readonly grammar = (words: Words): TaggedCommand | Refused => {
    const command = parseTagged(words);
    switch (command.kind) {
      case 'hello':
      case 'goodbye':
      case 'refused':
        return command;
    }
    this.silent = false;
    const rights = this.#rights;
    if (rights === undefined) {
      const name = 'tag' in command ? command.tag : command.delivery;
      return refused('unauthorized', 'this broker wants a token first: !! tag token', name, command.bodyLength);
    }
    const missing = missingRight(rights, command);
    return missing === undefined ? command : forbidden(missing, command);
  };
}

function forbidden(missing: string, command: TaggedCommand): Refused {
  const tag = 'tag' in command ? command.tag : undefined;
  return refused('forbidden', `the token gives no right to ${missing}`, tag, command.bodyLength);
}

function missingRight(rights: Rights, command: TaggedCommand): string | undefined {
  switch (command.kind) {
    case 'send': {
      const { dead } = command.options;
      if (!maySend(rights, command.to)) return `send to ${command.to}`;
      return dead === undefined || dead === '' || maySend(rights, dead) ? undefined : `send to ${dead}`;
    }
    case 'receive':
      for (const address of command.addresses) {
        if (!isUnguessable(address) && !rights.mayReceive(address)) return `receive on ${address}`;
      }
      return undefined;
    case 'control': {
      const { control } = command;
      if (control.command !== 'recall') return rights.admin ? undefined : 'inspect and control';
      return maySend(rights, control.address) ? undefined : `send to ${control.address}`;
    }
  }
  return undefined;
}

function maySend(rights: Rights, address: string): boolean {
  return isUnguessable(address) || rights.maySend(address);
}

/** Who knows it was told: of the answers to a query, the body of a web request, the word that its client has gone. */
function isUnguessable(address: string): boolean {
  return address.startsWith(MAILBOX) || address.startsWith(REPLY);
}
