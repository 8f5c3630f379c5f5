// The chat, with a broker, an HTTP proxy and two handlers. What is given is passed on to msglite up.
import { demo } from '../../scripts/demo.mjs';

const PROGRAM = 'examples/chat/handler.mjs';

demo({
  program: PROGRAM,
  count: 2,
  explain: ({ broker, http, pids }) => `
The chat is on ${http.replace(/^tcp:/, 'http://')}/ - open it in two windows, under two names.

Its handlers are processes ${pids.join(' and ')}. Stop one, or both: who waits goes on waiting. What is said meanwhile waits, too,
until there is a handler again:

    kill ${pids.join(' ')}
    ${again(broker)}

Ctrl-C stops all.
`,
  stopped: (broker) => `A handler of the chat has stopped. Start another one with: ${again(broker)}`,
});

function again(broker) {
  return `node ${PROGRAM} '${broker}'`;
}
