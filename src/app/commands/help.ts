/** What the help says first. */
export const ABOUT =
  'A message broker with a built-in HTTP proxy: programs send messages to addresses, wait on addresses, and answer; ' +
  'web requests become messages, too. Without a command it runs the broker; up runs broker and proxy in processes of ' +
  'their own, and starts again what dies.';

/** What the help says last. */
export const AFTER_HELP = `
An option can also be given with one dash (-network unix), as MSGLITE_… in the environment
(MSGLITE_HTTP_ADDRESS=127.0.0.1:8080; values of --listen separated by blanks), or in the
file of --config or MSGLITE_CONFIG (http-address = "127.0.0.1:8080"). Flags win over the
environment, and that over the file. Bytes can be written as 64k, 16M, 2G. In file and
environment, http, send, ready, query and the like look up where the broker is.

Examples:
  msglite --journal queue.db --http-address 127.0.0.1:8080
  msglite up --journal queue.db --http-proxies 2
  msglite http --broker unix:/run/msglite.socket --http-address 127.0.0.1:8081
  msglite --listen unix:/run/msglite.socket --listen tcp:127.0.0.1:9813
  msglite send jobs 'first thing to do'
  msglite ready -t 10 jobs
  msglite query -t 5 --broker tcp:127.0.0.1:9813 greeter 'who is there?'
  msglite peek dead:jobs 10
  msglite kick dead:jobs

Exit codes:
  0  done; the broker, http, up: ended by SIGTERM or SIGINT, after --drain-timeout at the latest
  1  failed; standard error says why. A second signal ends them at once, too
  2  bad usage
  3  ready, query: nothing came in time
  130, 143  send, ready, query: ended by SIGINT, SIGTERM

The protocol is in docs/protocol.md, what is kept across a crash in docs/durability.md.`;
