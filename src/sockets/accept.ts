import { Socket } from 'node:net';
import type { Handle, WithHandle } from './handle.js';
import { onread, type Reader } from './onread.js';
import { PolledSocket } from './polled-socket.js';
import type { Poller, ReadTurn } from './poller.js';

/**
 * Gives what is read from a new connection, accepted with `pauseOnConnect`, to its reader.
 * @returns the socket to go on with
 */
export type Accept = (accepted: Socket, reader: Reader) => Socket;

/**
 * How connections are read: by the poller, where there is one.
 * @param turn told by the poller, about all of them
 */
export function acceptor(poller: Poller | undefined, turn?: ReadTurn): Accept {
  if (poller === undefined) return readOneByOne;
  return (accepted, reader) => {
    return withHandleOf(accepted, reader, (handle) => new PolledSocket(handle, poller, reader, turn));
  };
}

/**
 * Node reads accepted sockets through its stream machinery; only sockets made by `new Socket` can have the option `onread`. That takes
 * a fifth off the cost of a round trip.
 */
export function readOneByOne(accepted: Socket, reader: Reader): Socket {
  return withHandleOf(accepted, reader, (handle) => {
    return new Socket({ handle, allowHalfOpen: true, onread: onread(reader) } as object);
  });
}

/** The ordinary way. */
export function readAsStream(socket: Socket, reader: Reader): Socket {
  socket.on('data', (chunk: Buffer) => reader(chunk, chunk.length));
  // It was paused on connect: listening alone does not make it flow.
  socket.resume();
  return socket;
}

/** The connection gets another socket around its handle; without that it is read as everybody does. */
function withHandleOf(accepted: Socket, reader: Reader, another: (handle: Handle) => Socket): Socket {
  const withHandle = accepted as WithHandle;
  const handle = withHandle._handle;
  if (handle === undefined || handle === null) return readAsStream(accepted, reader);
  const socket = another(handle);
  withHandle._handle = undefined;
  // Its server counts the accepted socket until that is closed.
  socket.once('close', () => accepted.destroy());
  socket.resume();
  return socket;
}
