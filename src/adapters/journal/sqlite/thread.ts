import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type Answer, type Call, ENDED, plain, type Start } from './calls.js';
import { JournalError } from './errors.js';
import { buffers, type Packed } from './packing.js';

/** Hears an answer. */
type Heard = (answer: Answer) => void;

/**
 * The journal's thread, as others see it. Calls are done and answered in their order; once it has ended, each is
 * answered with that.
 */
export class Thread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #answers = new Int32Array(new SharedArrayBuffer(4));
  /** Who waits for the answers that are to come, in order. */
  readonly #waiting: Heard[] = [];
  readonly #gone: Promise<void>;
  #end: Answer | undefined;

  /** @param opened hears, before this returns, how opening the file went */
  constructor(
    private readonly file: string,
    sync: 'normal' | 'full',
    opened: Heard,
  ) {
    const { port1, port2 } = new MessageChannel();
    const workerData: Start = { file, sync, port: port2, answers: this.#answers };
    this.#port = port1;
    // The flags that Node.js was started with are meant for its own thread.
    const options = { workerData, transferList: [port2], execArgv: [], name: 'journal' };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), options);
    this.#worker.on('error', (error) => this.#ended(error));
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#ended();
        resolve();
      });
    });
    this.#port.on('message', (answer: Answer) => this.#heard(answer));
    // It keeps nobody alive but while an answer is to come.
    this.#worker.unref();
    this.#waiting.push(opened);
    this.await();
  }

  /** @param packed what of the call is handed over, and not copied */
  call(call: Call, packed: Packed | undefined, heard: Heard): void {
    if (this.#end !== undefined) {
      heard(this.#end);
      return;
    }
    if (this.#waiting.push(heard) === 1) this.#port.ref();
    this.#port.postMessage(call, packed ? buffers(packed) : []);
  }

  /** Waits for all answers, and holds up everything else: for when nobody is served yet. */
  await(): void {
    while (this.#waiting.length > 0) {
      const count = Atomics.load(this.#answers, 0);
      if (this.#receive()) continue;
      if (count === ENDED) this.#ended();
      else Atomics.wait(this.#answers, 0, count);
    }
  }

  /** Resolves when it has ended, as it does once it has closed the file. */
  gone(): Promise<void> {
    this.#worker.ref();
    return this.#gone;
  }

  /** Takes an answer that is there already. */
  #receive(): boolean {
    const received = receiveMessageOnPort(this.#port) as { message: Answer } | undefined;
    if (received !== undefined) this.#heard(received.message);
    return received !== undefined;
  }

  #heard(answer: Answer): void {
    const [heard] = this.#waiting;
    if (answer.told === undefined) {
      this.#waiting.shift();
      if (this.#waiting.length === 0) this.#port.unref();
    }
    heard?.(answer);
  }

  #ended(cause?: Error): void {
    while (this.#receive());
    if (this.#end !== undefined) return;
    const error = new JournalError(`the thread of the journal ${this.file} has ended`, { cause });
    this.#end = { failure: plain({ kind: 'failed', cause: error }) };
    this.#port.close();
    for (const heard of this.#waiting.splice(0)) heard(this.#end);
  }
}
