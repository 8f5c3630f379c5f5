import type { ServerResponse } from 'node:http';
import type { ResponseHead } from './head/response.js';
import type { Outgoing } from './outgoing.js';

/** A response that node:http writes. */
export class NodeResponse implements Outgoing {
  constructor(private readonly to: ServerResponse) {}

  get taken(): boolean {
    return this.to.writableLength === 0;
  }

  get finished(): boolean {
    return this.to.writableFinished;
  }

  begin({ status, reason, headers }: ResponseHead, last: boolean): void {
    const all = last ? [...headers, 'Connection', 'close'] : [...headers];
    if (reason === undefined) this.to.writeHead(status, all);
    else this.to.writeHead(status, reason, all);
  }

  write(bytes: string, taken: () => void): boolean {
    return this.to.write(bytes, 'latin1', taken);
  }

  end(bytes: string): void {
    this.to.end(bytes, 'latin1');
  }

  onceDrained(then: () => void): void {
    this.to.once('drain', then);
  }

  onceFinished(then: () => void): void {
    this.to.once('finish', then);
  }

  askForBody(): void {
    this.to.writeContinue();
  }

  destroy(): void {
    this.to.destroy();
  }
}
