import type { Receive } from '../../src/ports/exchange.js';
import type { Instant, Scene } from './scene.js';

/** A receive, as the one who asked sees it. */
export interface Receiving {
  readonly tag: string;
  readonly addresses: readonly string[];
  readonly count: number;
  readonly lease: number;
  /** When its time runs out. */
  readonly due: number;
  readonly brief: boolean;
  readonly slow: () => boolean;
  /** Undefined while the exchange is being asked. */
  receive: Receive | undefined;
  got: number;
  expired: boolean;
  /** When it was taken back; Infinity: it wasn't. */
  withdrawnAt: number;
  /** When it went to the end of its lines; Infinity: it stands in none. */
  linedUpAt: number;
  readonly askedAt: number;
  /** Its place is not known any more: it was slow, or what was meant for it was refused. */
  lost: boolean;
}

/** Who waits, and in which order. */
export class Line {
  /** Those that are not over, as far as is known. */
  readonly receivings = new Set<Receiving>();

  constructor(private readonly scene: Scene) {}

  /** Somebody is about to receive. */
  asks(receiving: Receiving): void {
    this.receivings.add(receiving);
  }

  /** The exchange has answered. */
  asked(receiving: Receiving, receive: Receive): void {
    receiving.receive = receive;
    if (receive.waiting && receiving.linedUpAt === Number.POSITIVE_INFINITY) receiving.linedUpAt = ++this.scene.tick;
    if (receiving.slow()) receiving.lost = true;
  }

  withdraws(receiving: Receiving): void {
    receiving.withdrawnAt = ++this.scene.tick;
  }

  /** A message was handed over. */
  served(receiving: Receiving, queue: string, decided: Instant): void {
    const { scene } = this;
    scene.check(receiving.got < receiving.count, 'no receive gets more than it asked for');
    scene.check(!receiving.expired, 'no receive gets anything after its end');
    scene.check(receiving.withdrawnAt > decided.tick, 'no receive gets what was decided after it was taken back');
    scene.check(receiving.addresses.includes(queue), 'no receive gets what it did not ask for');
    scene.check(
      receiving.lease === 0 || receiving.brief || decided.now <= receiving.due + 20,
      'a receive ends in time',
    );
    if (!receiving.lost) this.#isFirst(receiving, queue, decided);
    receiving.got++;
    receiving.linedUpAt = decided.tick;
    if (receiving.got === receiving.count) this.receivings.delete(receiving);
  }

  /** Nobody else stood in line before it. */
  #isFirst(served: Receiving, queue: string, decided: Instant): void {
    for (const other of this.receivings) {
      const { receive } = other;
      if (other === served || other.lost || !receive?.waiting || receive.underWay > 0) continue;
      if (other.linedUpAt >= Math.min(served.linedUpAt, decided.tick) || !other.addresses.includes(queue)) continue;
      this.scene.fail(`receivers are served first come first served: ${served.tag} came after ${other.tag}`);
    }
  }

  expires(receiving: Receiving): void {
    const { scene } = this;
    scene.note(() => `${receiving.tag} expired`);
    scene.check(!receiving.expired, 'a receive ends once');
    scene.check(receiving.withdrawnAt === Number.POSITIVE_INFINITY, 'a receive that was taken back does not expire');
    scene.check(receiving.got < receiving.count, 'a receive that got all does not expire');
    scene.check(scene.now >= receiving.due, 'a receive does not end too soon');
    scene.check((receiving.receive?.underWay ?? 0) === 0, 'a receive ends when nothing is under way');
    receiving.expired = true;
    this.receivings.delete(receiving);
  }

  /** Somebody is slow: the others pass. */
  lose(which: (receiving: Receiving) => boolean): void {
    for (const receiving of this.receivings) if (which(receiving)) receiving.lost = true;
  }

  crashed(): void {
    this.receivings.clear();
  }
}
