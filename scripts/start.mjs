// The demo: a broker with a journal, an HTTP proxy, and a handler. What is given is passed on to msglite up:
// npm start -- --loglevel info
import { demo } from './demo.mjs';

/** Where a handler looks that is told nothing. */
const STANDARD = 'unix:/tmp/msglite.socket';

demo({
  program: 'examples/handler.mjs',
  count: 1,
  explain,
  stopped: (broker) => `The handler has stopped; requests wait. Start one with: ${again(broker)}`,
});

function again(broker) {
  return `npm run handler${broker === STANDARD ? '' : ` '${broker}'`}`;
}

/** @returns host and port; nothing for a socket file */
function tcp(endpoint) {
  return /^tcp:\[?(.*?)\]?:(\d+)$/.exec(endpoint)?.slice(1);
}

function path(endpoint) {
  return endpoint.slice('unix:'.length);
}

function explain({ broker, http, pids }) {
  const nc = tcp(broker) ? `nc ${tcp(broker).join(' ')}` : `nc -U ${path(broker)}`;
  const curl = tcp(http)
    ? `curl -i 'http://${http.slice('tcp:'.length)}/'`
    : `curl -i --unix-socket ${path(http)} http://localhost/`;
  return `
msglite is running. Three things to try, in another terminal:

  1.  Ask the demo handler:

          ${curl}

  2.  Stop the handler, send a request (it waits), and start the handler again:

          kill ${pids}
          ${curl} &
          ${again(broker)}

  3.  Speak the protocol by hand:

          printf '> 5 60 jobs\\r\\nhello\\r\\n< 1 jobs\\r\\n' | ${nc}

Ctrl-C stops all.
`;
}
