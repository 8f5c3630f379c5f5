import { deadAddress, queueName } from '../../src/domain/address.js';
import type { Refusal } from '../../src/domain/errors.js';
import type { Message } from '../../src/domain/message.js';
import type { Delivery, Sender } from '../../src/ports/exchange.js';
import { Item, type Out } from './item.js';
import type { Line, Receiving } from './line.js';
import { type Instant, type Scene, Violation } from './scene.js';

/** A send, and what its sender was told. */
export interface Sending {
  readonly tag: string;
  /** Undefined: it is not to be taken. */
  readonly item: Item | undefined;
  readonly duplicate: boolean;
  readonly receipt: 'taken' | 'done';
  readonly message: Message;
  told: boolean;
}

/** One message was given out before an older one: it must turn out that the older one was on its way, too. */
interface Suspicion {
  readonly older: Item;
  readonly newer: Item;
  readonly tick: number;
}

/**
 * What messages there are and what may become of them, known only from what senders and receivers do and hear. It is told
 * what they are about to do before they do it, because the exchange may answer at once.
 */
export class Ledger implements Sender {
  /** By body: no two messages have the same. */
  readonly items = new Map<string, Item>();
  /** Those that are not over. */
  readonly alive = new Set<Item>();
  /** Sends whose sender has not been told. */
  readonly open = new Map<string, Sending>();
  /** Addresses that are paused, and since when; and those of which it was said that this is on disk. */
  readonly paused = new Map<string, number>();
  readonly pauseKept = new Set<string>();
  readonly resumed = new Map<string, number>();
  /** Addresses that are being purged, or whose dead letters are being sent back. */
  readonly stirred = new Set<string>();
  #suspicions: Suspicion[] = [];
  /** Messages that the last send may have been an answer to, as they were before. */
  #undo: [item: Item, before: object][] = [];

  constructor(
    private readonly scene: Scene,
    private readonly line: Line,
  ) {}

  // Sending

  /** A message is about to be sent. @param again it was, under the same id, and is known */
  sends(message: Message, tag: string, again: boolean, taken = true): Sending {
    const { tick, now } = this.scene.instant();
    const known = again ? this.items.get(message.body) : undefined;
    const item = taken ? (known ?? new Item(message, tick, now)) : undefined;
    if (taken && !again) this.#replied(message.to, tick);
    if (item !== undefined && known === undefined) this.#add(item);
    if (item !== undefined) this.#stir(item);
    const sending = { tag, item, duplicate: again, receipt: message.options.receipt, message, told: false };
    this.open.set(tag, sending);
    return sending;
  }

  #add(item: Item): void {
    this.items.set(item.body, item);
    this.alive.add(item);
  }

  /** Somebody sends to an address at which answers may be awaited. */
  #replied(address: string, tick: number): void {
    this.#undo = [];
    for (const item of this.alive) {
      const { options, replyTo } = item.message;
      if (!options.once || replyTo !== address || (item.dead && !item.unsure)) continue;
      this.#undo.push([item, { ...item }]);
      if (item.unsure) item.mayHaveDied = true;
      // Only the first answer counts.
      if (!item.unsure && item.repliedAt > item.grantedAt && item.grantedAt > 0) continue;
      item.repliedAt = tick;
      item.replyKept = false;
      if (item.unsure) continue;
      if (item.where === 'out' && (item.out?.name !== undefined || item.grantedAt > 0)) item.answered = true;
      else if (item.grantedAt === 0) continue;
      else if (item.where === 'delayed' && item.until > this.scene.now) this.#buryWith(item, tick);
      else if (this.scene.decided.size > 0 || item.due <= this.scene.now) this.doubt(item, true);
      else this.#buryWith(item, tick);
    }
  }

  /** Among those that die of one answer there is no order. */
  #buryWith(item: Item, tick: number): void {
    this.#bury(item);
    if (!this.alive.has(item)) return;
    item.placedFrom = tick;
    item.placedTo = Number.POSITIVE_INFINITY;
  }

  /** That send was refused at once: it was no answer. */
  noReply(): void {
    for (const [item, before] of this.#undo) {
      Object.assign(item, before);
      this.alive.add(item);
    }
  }

  accepted(tag: string, duplicate: boolean): void {
    const { scene } = this;
    scene.note(() => `${tag} accepted${duplicate ? ' as a duplicate' : ''}`);
    const sending = this.#told(tag);
    const { item, receipt } = sending;
    if (item === undefined || item.refused) throw new Violation('a receipt for a message that was not taken');
    scene.check(duplicate === sending.duplicate, 'duplicate=1 for duplicates, and for these only');
    const onDisk = scene.journal.rows.has(item.body);
    if (receipt === 'done') {
      scene.check(item.id.outcome === 'done' || item.outcome === 'done', 'done is told of what is done');
      scene.check(item.where === 'over' && !onDisk, 'done is told when the message is finished, and that on disk');
      return;
    }
    scene.check(
      onDisk || item.where === 'over' || item.due <= scene.now || item.unsure || this.stirred.has(item.queue),
      'a receipt comes when the message is on disk or finished',
    );
    item.receipted = true;
    for (const other of this.alive) if (other.repliedAt === item.sentAt) other.replyKept = true;
  }

  refused(tag: string, refusal: Refusal): void {
    const { scene } = this;
    scene.note(() => `${tag} refused: ${refusal.code}`);
    const { item, receipt, duplicate } = this.#told(tag);
    if (refusal.code === 'id-conflict') {
      scene.check(item === undefined, 'an id conflicts only with itself');
    } else if (refusal.code === 'full') {
      if (item === undefined || (duplicate && !item.refused)) throw new Violation('full is told of what is not kept');
      this.#refuse(item);
    } else if (refusal.code === 'dead' || refusal.code === 'expired') {
      if (item === undefined || receipt !== 'done') throw new Violation('an end is told to who asked for it');
      if (refusal.code === 'expired') this.#expire(item);
      if (item.unsure && refusal.code === 'dead') item.concludeId('dead', 0, scene.now);
      const hasDied = refusal.code === 'dead' && (item.hasDied || item.unsure);
      const isSo = item.id.state === 'finished' ? item.id.outcome : item.where === 'over' && item.outcome;
      scene.check(hasDied || isSo === refusal.code, `${refusal.code} is told of what is`);
    } else {
      scene.check(refusal.code === 'journal-failed' && scene.journal.mode === 'failing', 'nothing else is refused');
      if (item !== undefined && !duplicate) this.#refuse(item);
    }
  }

  #told(tag: string): Sending {
    const sending = this.open.get(tag);
    if (sending === undefined) throw new Violation('each send is answered once');
    sending.told = true;
    this.open.delete(tag);
    return sending;
  }

  /** Nothing of it was kept. */
  #refuse(item: Item): void {
    if (item.refused) return;
    this.scene.check(item.where !== 'out' && item.seen === 0, 'what is refused was not handed over');
    item.refused = true;
    this.#end(item, 'dead');
    item.id = { ...item.id, state: 'none' };
  }

  // Delivering

  /** A message is handed over. */
  delivered(delivery: Delivery, receiving: Receiving): Out {
    const { scene } = this;
    const { message, name } = delivery;
    const decided = this.#decided(name);
    const item = this.items.get(message.body);
    scene.note(
      () => `${receiving.tag} gets ${message.body} at ${delivery.at} ${name ?? ''} attempt ${delivery.attempt}`,
    );
    if (item === undefined || item.refused) throw new Violation('what was not taken is not delivered');
    this.line.served(receiving, queueName(delivery.at), decided);
    this.#found(item, delivery, decided);
    scene.check(item.where !== 'out' && item.where !== 'over', 'nothing is delivered twice without cause');
    scene.check(decided.now < item.due, 'nothing is delivered after its time');
    scene.check(item.where === 'waiting' || decided.now >= item.until, 'nothing is delivered before its delay ends');
    scene.check(delivery.at === item.at, 'a message is where it belongs');
    if (item.placedFrom === Number.POSITIVE_INFINITY) {
      item.placedFrom = item.lookedAt;
      item.placedTo = decided.tick;
    }
    this.#isWhatWasSent(item, message);
    scene.check(delivery.attempt === item.attempts + 1, 'attempts count up');
    const again = item.grantedAt > 0 && item.repliedAt > item.grantedAt && decided.tick > item.repliedAt;
    scene.check(!item.answered && (item.dead || !again), 'what was answered is not delivered again');
    const pausedAt = this.paused.get(item.queue);
    scene.check(pausedAt === undefined || pausedAt > decided.tick, 'a paused address delivers nothing');
    this.#inOrder(item, decided);
    return this.#hand(item, delivery, decided);
  }

  /** Under a lease it was decided on when it got its name. */
  #decided(name: string | undefined): Instant {
    if (name === undefined) return this.scene.instant();
    const decided = this.scene.decided.get(name);
    if (decided === undefined) this.scene.fail('a delivery has a name of its own');
    this.scene.decided.delete(name);
    return decided;
  }

  /** What could not be known before shows now. */
  #found(item: Item, delivery: Delivery, decided: Instant): void {
    const { out } = item;
    if (item.where === 'out' && out !== undefined && out.delivery === undefined && out.end <= decided.now) {
      this.#back(item, 0, { tick: decided.tick, now: out.end });
      if (item.unsure && item.placedFrom === decided.tick) item.placedFrom = item.doubtedAt.tick;
    }
    if (!item.unsure) return;
    item.unsure = false;
    const { doubtedAt, repliedAt, due, earliest } = item;
    const mayBeBack = this.mayBeBack(item);
    item.mayHaveDied = false;
    const isBack = delivery.at === item.at;
    if (item.where !== 'out') item.return(decided.tick);
    // It was on its way before; or it has stayed where it was.
    if (isBack && (decided.tick < doubtedAt.tick || item.dead || !mayBeBack)) return;
    if (!isBack && !item.dead) {
      this.#bury(item, decided);
      item.id = { ...item.id, from: Math.min(item.id.from, doubtedAt.now) };
    } else {
      this.#kicked(item, decided);
      item.attempts = delivery.attempt - 1;
      if (repliedAt > decided.tick) item.repliedAt = repliedAt;
    }
    item.placedFrom = isBack ? Math.min(earliest, doubtedAt.tick) : doubtedAt.tick;
    item.placedTo = decided.tick;
    item.dueSlack = Math.max(0, decided.now - doubtedAt.now);
    if (!isBack) return;
    item.dueSlack = Math.max(item.dueSlack, item.due - due);
    item.due = Math.max(item.due, due);
  }

  /** Whether it may have died and been sent back to where it was. */
  mayBeBack({ mayHaveDied, message: { to, options } }: Item): boolean {
    return mayHaveDied && this.stirred.has(queueName(options.dead ?? deadAddress(to)));
  }

  #isWhatWasSent({ message }: Item, { to, replyTo, timeout, options }: Message): void {
    const same = message.to === to && message.replyTo === replyTo && message.timeout === timeout;
    this.scene.check(same && message.options.id === options.id, 'what is delivered is what was sent');
  }

  #hand(item: Item, delivery: Delivery, { tick }: Instant): Out {
    const { scene } = this;
    const { name } = delivery;
    if (name !== undefined) {
      const { options } = item.message;
      scene.check(item.dead || item.attempts < options.attempts, 'no more leased deliveries than attempts');
      const onDisk = scene.journal.rows.get(item.body)?.delivery;
      scene.check(
        onDisk?.name === name && onDisk.attempts === delivery.attempt,
        'a leased delivery is on disk before it is made',
      );
      item.attempts++;
      item.grantedAt = tick;
      if (item.repliedAt > tick && !item.dead) item.answered = true;
    }
    const out: Out = { delivery, name, written: false, end: Number.POSITIVE_INFINITY };
    item.where = 'out';
    item.out = out;
    item.since = Number.POSITIVE_INFINITY;
    return out;
  }

  /** No other message waited in front of it. */
  #inOrder(item: Item, { tick, now }: Instant): void {
    for (const { older } of this.#suspicions.filter((one) => one.older === item && tick > one.tick)) {
      this.scene.fail(`messages of ${older.queue} are delivered in order`);
    }
    if (this.#suspicions.length > 0) this.#suspicions = this.#suspicions.filter(({ older }) => older !== item);
    for (const older of this.alive) {
      if (older.queue !== item.queue || older.where !== 'waiting' || older === item || older.unsure) continue;
      if (older.since < tick && older.placedTo < item.placedFrom && older.due > now) {
        this.#suspicions.push({ older, newer: item, tick });
      }
    }
    if (this.scene.decided.size === 0) this.allDecided();
  }

  /** Nothing is on its way. */
  allDecided(): void {
    for (const { older, newer } of this.#suspicions) {
      if (older.where === 'waiting' && !older.unsure) {
        this.scene.fail(`messages of ${older.queue} are delivered in order: ${newer.body} came before ${older.body}`);
      }
    }
    this.#suspicions = [];
  }

  // What receivers do

  itemOf(delivery: Delivery): Item {
    return this.items.get(delivery.message.body) as Item;
  }

  settles(item: Item): void {
    this.scene.tick++;
    item.concludeId('done', this.scene.now);
    this.#end(item, 'done');
  }

  keeps(item: Item, milliseconds: number): void {
    const { out } = item;
    if (out === undefined) return;
    out.written = true;
    out.end = this.scene.now + milliseconds;
    item.seen = item.attempts;
  }

  givesBack(item: Item, delay: number): void {
    const { out } = item;
    if (out?.name !== undefined && !out.written) item.attempts--;
    this.#back(item, delay, this.scene.instant());
  }

  /** A receive is over that got less than it asked for. */
  nothingFor({ tag, brief, addresses, askedAt, withdrawnAt }: Receiving): void {
    if (!brief || this.scene.decided.size > 0 || withdrawnAt < Number.POSITIVE_INFINITY) return;
    for (const { where, queue, due, since, unsure, body } of this.alive) {
      if (where !== 'waiting' || unsure || due <= this.scene.now || since > askedAt || this.paused.has(queue)) continue;
      const isResumed = (this.resumed.get(queue) ?? 0) > askedAt;
      if (addresses.includes(queue) && !isResumed) this.scene.fail(`${tag} hears of nothing, but there is ${body}`);
    }
  }

  /** A lease has run out. */
  lapsed(delivery: Delivery): void {
    const { scene } = this;
    const item = this.itemOf(delivery);
    scene.note(() => `${item.body} ${delivery.name} lapsed`);
    const { out } = item;
    if (out?.delivery !== delivery) throw new Violation('a lease that runs out was there');
    scene.check(out.written && scene.now >= out.end, 'a lease does not run out too soon');
    scene.check(scene.now <= out.end + 20, 'a lease does not run out too late');
    this.#back(item, 0, scene.instant());
  }

  /** The delivery is over; what becomes of the message? */
  #back(item: Item, delay: number, instant: Instant): void {
    const { tick, now } = instant;
    const isLate = item.due - item.dueSlack <= now + delay && item.due > now + delay;
    if (item.out?.name === undefined) {
      if (item.due <= now) this.#expireNow(item);
      else if (item.answered) this.#bury(item, instant);
      else item.return(tick);
    } else if (item.isSpent || item.due <= now + delay) {
      this.#bury(item, instant);
    } else if (delay > 0) {
      item.returnLater(now + delay);
    } else {
      item.return(tick);
    }
    this.#stir(item);
    if (isLate && this.alive.has(item)) this.doubt(item, true);
  }

  /** Where a queue is being purged or sent back, that may befall what comes into it meanwhile. */
  #stir(item: Item): void {
    if (item.where !== 'out' && this.alive.has(item) && this.stirred.has(item.queue)) this.doubt(item, item.dead);
  }

  bury(item: Item): void {
    this.#bury(item);
  }

  #bury(item: Item, { tick, now } = this.scene.instant()): void {
    const { options, to } = item.message;
    item.concludeId('dead', now);
    item.hasDied = true;
    if (item.dead || options.dead === '') {
      this.#end(item, 'dead');
      return;
    }
    item.move(options.dead ?? deadAddress(to), now + this.scene.config.deadLifetime, tick);
    item.dead = true;
  }

  #kicked(item: Item, { tick, now }: Instant): void {
    item.move(item.message.to, now + (item.message.timeout || 1000), tick);
    item.kicked();
  }

  // What happens by itself, or by somebody else's will

  /** Something may become of it that only the disk will tell. */
  doubt(item: Item, mayHaveDied = false): void {
    item.mayHaveDied ||= mayHaveDied;
    if (!item.unsure) item.doubtedAt = this.scene.instant();
    item.unsure = true;
    item.since = Number.POSITIVE_INFINITY;
  }

  /** All that waits in a queue may be dropped, or sent back. */
  doubtAll(queue: string): void {
    for (const item of this.alive) if (item.queue === queue && item.where !== 'out') this.doubt(item, item.dead);
  }

  recalled(item: Item): void {
    const isThere = item.where !== 'over' && (item.where !== 'out' || item.unsure);
    this.scene.check(isThere, 'only what waits is taken back');
    item.concludeId('dead', this.scene.now);
    item.hasDied = true;
    this.#end(item, 'dead');
  }

  /** Leases that nobody has claimed run out unheard. */
  timePassed(): void {
    const { now } = this.scene;
    for (const item of this.alive) {
      const { out } = item;
      if (item.until > now) item.lookedAt = this.scene.tick;
      if (out === undefined || out.delivery !== undefined || out.end > now) continue;
      const isClear = !item.unsure && out.end + 20 <= now && (item.due <= out.end || item.due > out.end + 20);
      if (!isClear) {
        this.doubt(item, true);
        continue;
      }
      const tick = ++this.scene.tick;
      this.#back(item, 0, { tick, now: out.end });
      // Leases that run out together do so in no order.
      if (item.placedFrom === tick) item.placedFrom = this.scene.timeTick;
      if (item.placedTo === tick) item.placedTo = Number.POSITIVE_INFINITY;
    }
  }

  /** Ends a message of which only its absence is known. */
  gone(item: Item, now = this.scene.now): void {
    if (item.due - item.dueSlack <= now && (item.where !== 'out' || item.unsure)) this.#expireNow(item);
    else if (item.unsure) this.#drop(item);
    else this.scene.fail(`${item.body} is lost`);
  }

  /** Nothing of it reached the disk, and nobody had promised that. */
  never(item: Item): void {
    this.#end(item, 'dead');
    item.id = { ...item.id, state: 'none' };
  }

  #drop(item: Item): void {
    item.concludeId('dead', 0, this.scene.now);
    item.hasDied = true;
    this.#end(item, 'dead');
  }

  /** If its time is over, so may it be. */
  #expire(item: Item): void {
    if (item.where !== 'out' && item.where !== 'over' && item.due <= this.scene.now) this.#expireNow(item);
  }

  #expireNow(item: Item): void {
    item.concludeId('expired', item.unsure ? Math.min(item.doubtedAt.now, item.due) : item.due, this.scene.now);
    this.#end(item, 'expired');
  }

  #end(item: Item, outcome: 'done' | 'dead' | 'expired'): void {
    item.end(outcome, this.scene.journal.issued);
    this.alive.delete(item);
  }

  /** It is there again, after a crash. */
  revive(item: Item): void {
    this.alive.add(item);
  }

  /** The broker is gone, and with it those who wait for a word of it. */
  crashed(): void {
    this.open.clear();
    this.stirred.clear();
    this.#suspicions = [];
  }
}
