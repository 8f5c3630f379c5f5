import { deadAddress, queueName } from '../../src/domain/address.js';
import type { LocalExchange } from '../../src/domain/exchange.js';
import { GRACE } from '../../src/domain/leases.js';
import type { Row } from './disk.js';
import { type Item, NO_ID } from './item.js';
import type { Ledger } from './ledger.js';
import type { Line } from './line.js';
import type { Scene } from './scene.js';

/** Milliseconds for which ids are remembered. */
const REMEMBERED = 300_000;
/** Milliseconds by which a message that is left to the journal may expire late. */
const SWEEP = 1000;

/** Compares what is known with what is on disk: when nothing is under way, and after a crash. */
export class Audit {
  constructor(
    private readonly scene: Scene,
    private readonly ledger: Ledger,
    private readonly line: Line,
  ) {}

  /** Whether the journal's small answers still hold up messages whose delay has ended. */
  get isLate(): boolean {
    const { now, journal } = this.scene;
    return [...journal.rows.values()].some(({ stored }) => stored.ready > 0 && stored.ready <= now);
  }

  // When nothing is under way: the disk holds what there is, and nothing else

  quiet(exchange: LocalExchange): void {
    const { scene, ledger } = this;
    const { rows } = scene.journal;
    scene.decided.clear();
    const cold = exchange.stats().onDisk > 0;
    for (const item of [...ledger.alive]) {
      const row = rows.get(item.body);
      if (row === undefined) ledger.gone(item);
      else this.#agrees(item, row, cold);
    }
    for (const body of rows.keys()) {
      const item = ledger.items.get(body);
      scene.check(item !== undefined && ledger.alive.has(item), `${body} is over, but on disk`);
    }
    ledger.allDecided();
    for (const { tag, receipt, item } of ledger.open.values()) {
      scene.check(receipt === 'done' && item !== undefined && ledger.alive.has(item), `${tag} has been answered`);
    }
    this.#places();
    this.#ids();
    this.#stats(exchange);
    this.#nobodyWaits();
  }

  #agrees(item: Item, row: Row, cold: boolean): void {
    const { scene } = this;
    const { now } = scene;
    const { stored, delivery } = row;
    if (item.unsure) {
      this.#learn(item, row);
    } else if (item.where === 'delayed' && now >= item.until + 20) {
      this.#took(item, row);
    } else if (item.where === 'delayed' && now >= item.until && !isDelayed(row)) {
      this.#took(item, row);
    }
    scene.check(stored.at === item.at && stored.queue === item.queue, `${item.body} is where it belongs`);
    const sooner = item.due - stored.due;
    scene.check(
      sooner >= (item.dead ? -20 : 0) && sooner <= (item.dead ? 20 : 0) + item.dueSlack,
      `${item.body} expires when it should`,
    );
    item.due = stored.due;
    item.dueSlack = 0;
    scene.check((delivery?.attempts ?? stored.attempts) === item.attempts, `${item.body} has its attempts`);
    scene.check((delivery?.name ?? undefined) === item.out?.name, `${item.body} is under its lease, or under none`);
    scene.check(!item.answered || item.out?.name === undefined || delivery?.answered === true, 'answers are on disk');
    scene.check((item.where === 'delayed') === isDelayed(row), `${item.body} is delayed, or is not`);
    if (item.where === 'delayed') {
      scene.check((item.returns ? delivery?.until : stored.ready) === item.until, `${item.body}'s delay ends in time`);
    }
    if (item.where === 'out') return;
    scene.check(item.due + 20 + (cold ? SWEEP + 20 : 0) > now, `${item.body} expires in time`);
  }

  /** Its delay has ended. */
  #took(item: Item, row: Row): void {
    this.scene.check(!isDelayed(row), `${item.body} takes its place when its delay ends`);
    const tick = ++this.scene.tick;
    if (!item.returns) {
      item.placedFrom = item.lookedAt;
      item.placedTo = tick;
    }
    item.return(tick);
  }

  /** What became of it shows now. */
  #learn(item: Item, row: Row): void {
    const tick = ++this.scene.tick;
    const { stored, delivery } = row;
    const isDead = stored.at !== item.message.to;
    item.unsure = false;
    if (isDead && !item.dead) {
      item.concludeId('dead', item.doubtedAt.now, this.scene.now);
      item.hasDied = true;
    }
    if (item.where === 'out' && delivery?.name !== undefined) {
      item.answered = delivery.answered;
      return;
    }
    const mayBeBack = this.ledger.mayBeBack(item);
    item.mayHaveDied = false;
    if (stored.at !== item.at || (mayBeBack && !isDead)) {
      // Where it is the same place, it may have died and been sent back in between.
      if (mayBeBack) item.hasDied = true;
      if (mayBeBack && !isDead) item.id = NO_ID;
      const from = stored.at === item.at ? Math.min(item.earliest, item.doubtedAt.tick) : item.doubtedAt.tick;
      item.move(stored.at, stored.due, tick);
      item.placedFrom = from;
      item.answered = delivery?.answered ?? false;
      if (!isDead) item.kicked();
      item.dead = isDead;
      item.attempts = delivery?.attempts ?? stored.attempts;
      if (delivery !== undefined) item.grantedAt = item.doubtedAt.tick;
    }
    if (isDelayed(row)) {
      if (item.where !== 'delayed') item.delayedUntil(item.until, delivery !== undefined, tick);
    } else if (item.where === 'delayed') {
      this.#took(item, row);
    } else {
      item.return(tick);
    }
  }

  /** The disk's order is the order in which they took their places. */
  #places(): void {
    const latest = new Map<string, Item>();
    const items = [...this.scene.journal.rows.values()].sort((a, b) => a.stored.seq - b.stored.seq);
    for (const { stored } of items) {
      if (stored.ready > 0) continue;
      const item = this.ledger.items.get(stored.message.body) as Item;
      const before = latest.get(item.queue);
      // What the crash has undone may be in a place of before.
      if (item.unsure || stored.at !== item.at || (stored.due !== item.due && !item.dead)) continue;
      if (before !== undefined && item.placedTo < before.earliest) {
        this.scene.fail(`${item.body} has its place before ${before.body}`);
      }
      if (before === undefined || item.earliest > before.earliest) latest.set(item.queue, item);
    }
  }

  #ids(): void {
    const { scene, ledger } = this;
    const { now } = scene;
    const remembered = new Set<string>();
    for (const { address, id, forgetAt } of scene.journal.disk.ids.values()) {
      remembered.add(`${address} ${id}`);
      scene.check(forgetAt + 20 >= now, 'ids are forgotten in time');
    }
    for (const item of ledger.items.values()) {
      const { message, id } = item;
      if (id.state !== 'finished') continue;
      const isThere = remembered.has(`${message.to} ${message.options.id}`);
      if (now < id.from + REMEMBERED) scene.check(isThere, `the id of ${item.body} is remembered`);
      if (!isThere) item.id = NO_ID;
    }
  }

  #stats(exchange: LocalExchange): void {
    const { scene, ledger } = this;
    const stats = exchange.stats();
    const rows = [...scene.journal.rows.values()];
    const out = [...ledger.alive].filter(({ where }) => where === 'out').length;
    scene.check(stats.deliveries === out, `there are ${out} deliveries, not ${stats.deliveries}`);
    scene.check(stats.delayed === rows.filter(isDelayed).length, `stats count ${stats.delayed} delayed messages`);
    const waiting = rows.length - stats.deliveries - stats.delayed;
    scene.check(stats.messages === waiting, `${waiting} messages wait, not ${stats.messages}`);
    scene.check(stats.onDisk >= 0 && stats.onDisk <= waiting, `stats count ${stats.onDisk} messages on disk`);
    const receivers = [...this.line.receivings].filter(({ receive }) => receive?.waiting).length;
    scene.check(stats.receivers === receivers, `${receivers} receivers wait, not ${stats.receivers}`);
    const costs = rows.reduce((sum, { stored }) => sum + 300 + stored.message.body.length, 0);
    const fits = stats.onDisk === 0 && stats.delayed === 0 ? stats.bytes === costs : stats.bytes <= costs;
    scene.check(fits, `they cost ${costs} bytes, not ${stats.bytes}`);
    const live = rows.filter(({ stored }) => stored.fingerprint > 0 && stored.at === stored.message.to).length;
    const ids = live + scene.journal.disk.ids.size;
    scene.check(stats.ids === ids, `${ids} ids are known, not ${stats.ids}`);
  }

  /** No message waits where somebody waits for it. */
  #nobodyWaits(): void {
    const { scene, line, ledger } = this;
    for (const receiving of line.receivings) {
      if (!receiving.receive?.waiting || receiving.slow()) continue;
      scene.check(!receiving.brief, `${receiving.tag} has its answer`);
      scene.check(receiving.due + 20 > scene.now, `${receiving.tag} expires in time`);
      for (const item of ledger.alive) {
        if (item.where !== 'waiting' || item.due <= scene.now || ledger.paused.has(item.queue)) continue;
        if (receiving.addresses.includes(item.queue))
          scene.fail(`${receiving.tag} waits for ${item.body}, which is there`);
      }
    }
  }

  // After a crash: nothing is lost that had a receipt, and nothing is there again that was gone for good

  crashed(): void {
    const { scene, ledger } = this;
    const { rows, disk, kept } = scene.journal;
    this.#places();
    for (const item of ledger.items.values()) {
      const row = rows.get(item.body);
      if (row === undefined) this.#absent(item, kept);
      else this.#present(item, row, kept);
    }
    const order = [...rows.values()].sort((a, b) => a.stored.seq - b.stored.seq);
    for (const { stored } of order) {
      const item = ledger.items.get(stored.message.body) as Item;
      const tick = ++scene.tick;
      if (stored.ready === 0) {
        item.placedFrom = tick;
        item.placedTo = tick;
      }
      if (item.where === 'waiting') item.since = tick;
    }
    for (const [queue, tick] of [...ledger.paused]) {
      scene.check(disk.paused.has(queue) || !ledger.pauseKept.has(queue), `${queue} is still paused`);
      if (disk.paused.has(queue)) ledger.paused.set(queue, Math.min(tick, scene.tick));
      else ledger.paused.delete(queue);
    }
    for (const queue of disk.paused) ledger.paused.set(queue, scene.tick);
    this.#idsAfterCrash();
    for (const item of ledger.alive) if (item.answered && item.where !== 'out') ledger.bury(item);
  }

  #absent(item: Item, kept: number): void {
    const { ledger, scene } = this;
    if (!ledger.alive.has(item)) {
      // It is over; what the disk knows of its id is looked at later.
      if (!item.receipted && item.overAfter >= kept) item.id = item.id.state === 'live' ? NO_ID : item.id;
      return;
    }
    if (item.receipted || item.seen > 0) ledger.gone(item, Math.max(scene.now, scene.crashedAt));
    else ledger.never(item);
    scene.check(!ledger.alive.has(item), 'it is over');
  }

  #present(item: Item, row: Row, kept: number): void {
    const { ledger, scene } = this;
    const { stored, delivery } = row;
    const { to, options } = item.message;
    scene.check(!item.refused, `${item.body} was refused, but is there`);
    if (!ledger.alive.has(item)) {
      scene.check(item.overAfter >= kept, `${item.body} was finished for good, and is there again`);
      ledger.revive(item);
    }
    const attempts = delivery?.attempts ?? stored.attempts;
    const most = Math.max(item.attempts, item.attemptsBefore) + 1;
    scene.check(item.unsure || attempts >= Math.min(item.seen, item.seenBefore), `attempts of ${item.body} are kept`);
    scene.check(item.unsure || attempts <= most, `attempts of ${item.body} are not more than there were`);
    const dead = stored.at !== to;
    scene.check(!dead || stored.at === (options.dead ?? deadAddress(to)), `${item.body} is where it may be`);
    const settled = item.replyKept && options.once && item.repliedAt > item.grantedAt && item.grantedAt > 0;
    if (settled && !item.unsure && !dead && item.at === to)
      scene.check(delivery?.answered === true, `${item.body} has its answer still`);
    item.unsure = false;
    item.mayHaveDied = false;
    item.at = stored.at;
    item.queue = queueName(stored.at);
    item.dead = dead;
    item.due = stored.due;
    item.dueSlack = 0;
    item.attempts = attempts;
    item.seen = Math.min(item.seen, attempts);
    item.attemptsBefore = 0;
    item.seenBefore = Number.POSITIVE_INFINITY;
    item.answered = delivery?.answered ?? false;
    if (!item.answered) item.repliedAt = 0;
    item.grantedAt = delivery === undefined ? 0 : item.grantedAt || scene.tick;
    item.returns = delivery !== undefined;
    item.out = undefined;
    item.receipted = true;
    if (delivery?.name !== undefined) {
      item.where = 'out';
      const end = Math.max(delivery.until, scene.now + GRACE);
      item.out = { delivery: undefined, name: delivery.name, written: true, end };
      item.seen = attempts;
    } else if (isDelayed(row)) {
      item.where = 'delayed';
      item.until = delivery?.until || stored.ready;
      item.lookedAt = scene.tick;
    } else {
      item.where = 'waiting';
    }
    if (item.where !== 'waiting') item.since = Number.POSITIVE_INFINITY;
    if (item.where === 'delayed' && !item.returns) {
      item.placedFrom = Number.POSITIVE_INFINITY;
      item.placedTo = Number.POSITIVE_INFINITY;
    }
  }

  #idsAfterCrash(): void {
    const { scene, ledger } = this;
    const ids = new Map([...scene.journal.disk.ids.values()].map((id) => [`${id.address} ${id.id}`, id]));
    for (const item of ledger.items.values()) {
      const { to, options } = item.message;
      if (options.id === undefined) continue;
      const row = scene.journal.rows.get(item.body);
      const id = ids.get(`${to} ${options.id}`);
      if (id !== undefined) {
        const from = id.forgetAt - REMEMBERED;
        item.id = { state: 'finished', outcome: id.outcome, from, to: from };
      } else if (row !== undefined && row.stored.fingerprint > 0 && !item.dead) {
        item.id = { ...NO_ID, state: 'live' };
      } else {
        const { state, from } = item.id;
        const gone = item.refused || !item.receipted || state === 'none' || scene.now >= from + REMEMBERED;
        scene.check(gone, `the id of ${item.body} is remembered`);
        item.id = NO_ID;
      }
    }
  }
}

function isDelayed({ stored, delivery }: Row): boolean {
  return stored.ready > 0 || (delivery !== undefined && delivery.name === undefined && delivery.until > 0);
}
