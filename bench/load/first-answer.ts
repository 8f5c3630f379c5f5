import { once } from 'node:events';
import { connect } from 'node:net';
import { connectOptions } from '../machine/endpoint.js';
import type { ProtocolName, Side } from './job.js';

/** What each answers without anybody else; NATS speaks first. */
const HELLO: Readonly<Partial<Record<ProtocolName, string>>> = {
  msglite: '< 0 nobody\r\n',
  tagged: '>> s 5 3600 start-up -\r\nhello\r\n',
  redis: '*3\r\n$5\r\nRPUSH\r\n$8\r\nstart-up\r\n$5\r\nhello\r\n',
  beanstalkd: 'put 0 0 60 5\r\nhello\r\n',
};

/** What Redis says while it reads its file. */
const LATER = '-LOADING';

/** Resolves when one that takes connections has answered; where messages are kept, it has taken one. */
export async function firstAnswer({ protocol, at }: Side): Promise<void> {
  const socket = connect(connectOptions(at));
  try {
    for (;;) {
      socket.write(HELLO[protocol] ?? '\r\n');
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      const answer = bytes.toString('latin1');
      if (!answer.startsWith('-')) return;
      if (!answer.startsWith(LATER)) throw new Error(`${protocol} refuses: ${answer}`);
    }
  } finally {
    socket.destroy();
  }
}
