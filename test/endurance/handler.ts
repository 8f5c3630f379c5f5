// A handler in a process of its own: takes one message under a lease, says which, and works on it until it is killed.
// node handler.js SOCKET ADDRESS
import { connect } from 'node:net';

const [path = '', address = ''] = process.argv.slice(2);
const socket = connect(path, () => socket.write(`<< r 3600 ${address} lease=600\r\n`));
socket.setEncoding('latin1').on('data', (text: string) => {
  const [, attempt = ''] = / attempt=(\d+)/.exec(text) ?? [];
  if (attempt !== '') process.stdout.write(`${attempt}\n`);
});
