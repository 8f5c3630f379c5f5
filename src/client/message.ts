import type { MessageAnswer } from '../protocol/answers.js';
import { fromWire } from './arguments.js';

/** A message that was received. */
export class Message {
  /** The address it was sent to, label included. */
  readonly to: string;
  /** Where its sender awaits an answer, if it does. */
  readonly replyTo: string | undefined;
  /** Seconds, as it was sent. */
  readonly timeout: number;
  readonly body: Buffer;

  constructor(answer: MessageAnswer) {
    this.to = fromWire(answer.to);
    this.replyTo = answer.replyTo === undefined ? undefined : fromWire(answer.replyTo);
    this.timeout = answer.timeout;
    this.body = Buffer.from(answer.body, 'latin1');
  }

  /** The body, taken for UTF-8. */
  text(): string {
    return this.body.toString();
  }
}
