/** A message in the model. */
export interface ModelMessage {
  readonly body: string;
  readonly to: string;
  readonly due: number;
}

export interface ModelReceiver {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly due: number;
  wants: number;
}

/**
 * The exchange, told as simply as can be: a few arrays, searched from the front each time. Deadlines are exact here;
 * times in the test are multiples of the exchange's resolution, so that both agree.
 */
export class Model {
  now: number;
  /** Waiting, in the order in which they were taken. */
  waiting: ModelMessage[] = [];
  out: ModelMessage[] = [];
  receivers: ModelReceiver[] = [];
  readonly log: string[] = [];
  readonly counted = { sent: 0, settled: 0, expired: 0 };
  readonly #order = new Map<string, number>();

  constructor(now: number) {
    this.now = now;
  }

  send(message: ModelMessage): void {
    this.counted.sent++;
    this.#order.set(message.body, this.counted.sent);
    this.#place(message);
  }

  receive(receiver: ModelReceiver): void {
    for (const address of receiver.addresses) {
      for (const message of this.waiting.filter(({ to }) => to === address)) {
        if (receiver.wants === 0) return;
        this.waiting = this.waiting.filter((other) => other !== message);
        this.#hand(message, receiver);
      }
    }
    if (receiver.wants === 0) return;
    if (receiver.due === this.now) this.log.push(`${receiver.name} expired`);
    else this.receivers.push(receiver);
  }

  withdraw(name: string): void {
    this.receivers = this.receivers.filter((receiver) => receiver.name !== name);
  }

  settle(message: ModelMessage): void {
    this.out = this.out.filter((other) => other !== message);
    this.counted.settled++;
  }

  giveBack(message: ModelMessage): void {
    this.out = this.out.filter((other) => other !== message);
    if (message.due <= this.now) this.counted.expired++;
    else this.#place(message);
  }

  advance(milliseconds: number): void {
    this.now += milliseconds;
    const left = this.waiting.filter(({ due }) => due > this.now);
    this.counted.expired += this.waiting.length - left.length;
    this.waiting = left;
    for (const { name, due } of this.receivers) if (due <= this.now) this.log.push(`${name} expired`);
    this.receivers = this.receivers.filter(({ due }) => due > this.now);
  }

  get queues(): number {
    return new Set([...this.waiting.map(({ to }) => to), ...this.receivers.flatMap(({ addresses }) => addresses)]).size;
  }

  #place(message: ModelMessage): void {
    const receiver = this.receivers.find(({ addresses }) => addresses.includes(message.to));
    if (receiver === undefined) {
      this.waiting.push(message);
      this.waiting.sort((a, b) => this.#taken(a) - this.#taken(b));
      return;
    }
    this.receivers = this.receivers.filter((other) => other !== receiver);
    this.#hand(message, receiver);
    if (receiver.wants > 0) this.receivers.push(receiver);
  }

  #taken({ body }: ModelMessage): number {
    return this.#order.get(body) as number;
  }

  #hand(message: ModelMessage, receiver: ModelReceiver): void {
    receiver.wants--;
    this.out.push(message);
    this.log.push(`${receiver.name} got ${message.body}`);
  }
}
