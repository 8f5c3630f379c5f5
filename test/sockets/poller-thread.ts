import { connect, createServer } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { acceptor } from '../../src/sockets/accept.js';
import { poller } from '../../src/sockets/poller.js';

// Hears one byte by the poller of this thread, and ends while that still watches.
const server = createServer({ pauseOnConnect: true }, (accepted) => {
  acceptor(poller())(accepted, (data, length) => {
    parentPort?.postMessage(data.toString('latin1', 0, length));
    setImmediate(() => process.exit(0));
  });
});
server.listen(0, '127.0.0.1', () => connect((server.address() as { port: number }).port, '127.0.0.1').write('x'));
