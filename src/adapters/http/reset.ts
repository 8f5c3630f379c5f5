import type { Socket } from 'node:net';

/**
 * Closes the connection of a client that does not take its answer. The system forgets what it was to send: otherwise it would
 * keep it, up to 4 MiB for each, for minutes after the connection is none of ours.
 */
export function reset(socket: Socket): void {
  // Of a unix socket the client's side has it all.
  if (socket.remoteAddress === undefined) socket.destroy();
  else socket.resetAndDestroy();
}
