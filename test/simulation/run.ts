import type { Control } from '../../src/domain/control.js';
import { type ExchangeParts, LocalExchange } from '../../src/domain/exchange.js';
import { Message, type SendOptions, STANDARD } from '../../src/domain/message.js';
import { Audit } from './audit.js';
import { Controls } from './controls.js';
import type { Item } from './item.js';
import { Ledger } from './ledger.js';
import { Line } from './line.js';
import { Random, stepSeed } from './random.js';
import { type Config, Scene, type Violation } from './scene.js';
import { Session } from './session.js';

const QUEUES = ['a', 'b', 'c', '~m'];
const ADDRESSES = ['a', 'a', 'a', 'b', 'c', '~m', '~m~1', '~m~2'];
/** Where dead letters may be. */
const GRAVES = ['dead:a', 'dead:b', 'dead:c', 'dead:~m', 'dead:~m~1', 'dead:~m~2', 'd'];
const REPLIES = ['~r~1', '~r~2', 'b'];
const EVERYWHERE = [...QUEUES, ...GRAVES, '~r'];

/** A sabotaged broker is made like this one. */
export type Make = (scene: Scene, failed: (cause: Error) => void) => LocalExchange;

/** One run of the real domain among random clients on a random disk. All that happens follows from the seed. */
export class Run {
  readonly scene: Scene;
  readonly #line: Line;
  readonly #ledger: Ledger;
  readonly #audit: Audit;
  #controls!: Controls;
  #exchange!: LocalExchange;
  #sessions: Session[] = [];
  #numbered = 0;
  #failed = false;

  constructor(
    readonly seed: number,
    private readonly make: Make = makeExchange,
  ) {
    const random = new Random(stepSeed(seed, -1));
    this.scene = new Scene(configured(random));
    this.scene.random = random;
    this.#line = new Line(this.scene);
    this.#ledger = new Ledger(this.scene, this.#line);
    this.#audit = new Audit(this.scene, this.#ledger, this.#line);
    this.scene.full = () => this.#line.lose(({ lease }) => lease > 0);
    this.#start();
  }

  /** @throws Violation, or what the domain throws */
  run(steps: number, leaveOut: ReadonlySet<number> = new Set()): void {
    for (let step = 0; step < steps; step++) {
      if (leaveOut.has(step)) continue;
      this.scene.random = new Random(stepSeed(this.seed, step));
      this.#step();
      if (this.#failed) this.#crash();
    }
    this.scene.random = new Random(stepSeed(this.seed, steps));
    this.#finish();
  }

  #start(): void {
    this.#failed = false;
    const failed = (cause: Error) => {
      this.scene.check(this.scene.journal.mode === 'failing', `the journal has not failed: ${cause.message}`);
      this.#failed = true;
    };
    this.#exchange = this.make(this.scene, failed);
    this.scene.decided.clear();
    this.#exchange.restore();
    this.#controls = new Controls(this.scene, this.#ledger, this.#exchange);
    this.#sessions = [];
  }

  #step(): void {
    const { random, config } = this.scene;
    if (random.chance(config.crash)) return this.#crash();
    if (random.chance(config.trouble)) return this.#trouble();
    const what = random.below(100);
    if (what < 20) this.#send();
    else if (what < 33) this.#receive();
    else if (what < 45) this.#write();
    else if (what < 56) random.any(this.#sessions)?.answer();
    else if (what < 57) this.#disconnect();
    else if (what < 58) this.#claim();
    else if (what < 60) this.#withdraw();
    else if (what < 62 && random.chance(config.slow)) random.any(this.#sessions)?.toggle();
    else if (what < 68) this.#advance(random.pick([0, 1, 7, 19, 20, 40, 250, 1000, 1000, 5000, 11_000, 61_000]));
    else if (what < 80) this.#endTurn();
    else if (what < 91) this.#journal();
    else if (what < 94) this.#settle();
    else if (what < 95) this.#flush();
    else this.#control();
  }

  // Senders

  #send(): void {
    const { scene } = this;
    const { random } = scene;
    if (random.chance(0.12) && this.#again()) return;
    const timeout = random.pick(scene.config.timeouts);
    const options = random.chance(0.4) ? STANDARD : this.#options(timeout);
    const body = `m${++this.#numbered}${random.chance(0.1) ? '.'.repeat(500) : ''}`;
    const replyTo = options.once || random.chance(0.1) ? random.pick(REPLIES) : undefined;
    const to = random.chance(0.12) ? random.pick(REPLIES) : random.pick(ADDRESSES);
    this.#sends(new Message(to, replyTo, body, timeout, options), false);
  }

  #options(timeout: number): SendOptions {
    const { random } = this.scene;
    return {
      id: random.chance(0.5) ? `id${this.#numbered}` : undefined,
      delay: random.chance(0.25) ? (random.any([10, 30, 500, 12_000].filter((delay) => delay < timeout)) ?? 0) : 0,
      attempts: random.pick([1, 2, 5]),
      once: random.chance(0.3),
      dead: random.pick([undefined, undefined, 'd', '']),
      receipt: random.chance(0.3) ? 'done' : 'taken',
    };
  }

  /** A client that has lost its connection sends again; or one has no imagination. */
  #again(): boolean {
    const { random, now } = this.scene;
    const known = [...this.#ledger.items.values()].filter(({ message }) => message.options.id !== undefined);
    const item = random.any(known);
    if (item === undefined) return false;
    const { message, id } = item;
    const receipt = random.pick(['taken', 'done'] as const);
    if (id.state === 'finished' && now >= id.from + 300_000) return false;
    if (id.state === 'none' || item.unsure || (item.where !== 'out' && item.due <= now)) return false;
    const { to, replyTo, body, timeout, options } = message;
    if (random.chance(0.2)) this.#sends(new Message(to, replyTo, `${body}!`, timeout, options), true, false);
    else this.#sends(new Message(to, replyTo, body, timeout, { ...options, receipt }), true);
    return true;
  }

  #sends(message: Message, again: boolean, taken = true): void {
    const { to, replyTo, body, timeout, options } = message;
    const tag = `s${++this.scene.tick}`;
    this.scene.note(() => `${tag} sends ${body} to ${to} ${replyTo ?? '-'} ${timeout} ${JSON.stringify(options)}`);
    const sending = this.#ledger.sends(message, tag, again, taken);
    this.#exchange.send(message, this.#ledger, tag);
    if (sending.told && sending.item?.refused) this.#ledger.noReply();
  }

  // Receivers

  #session(): Session {
    const { random } = this.scene;
    const one = this.#sessions.length < 3 ? undefined : random.any(this.#sessions);
    if (one !== undefined) return one;
    const name = `c${++this.scene.tick}`;
    const session = new Session(name, this.#exchange, this.scene, this.#ledger, this.#line);
    this.#sessions.push(session);
    return session;
  }

  #receive(): void {
    const { random } = this.scene;
    const addresses = [random.pick(random.chance(0.15) ? GRAVES : QUEUES)];
    while (random.chance(0.3)) addresses.push(random.pick(EVERYWHERE));
    const timeout = random.pick([0, 0, 1000, 20_000, 60_000, Number.POSITIVE_INFINITY]);
    const count = random.pick([1, 1, 1, 2, 5, Number.POSITIVE_INFINITY]);
    const lease = random.chance(0.6) ? random.pick([50, 2000, 30_000]) : 0;
    this.#session().receive(`r${++this.scene.tick}`, addresses.slice(0, 8), timeout, count, lease);
  }

  #write(): void {
    const { random } = this.scene;
    const session = random.any(this.#sessions.filter(({ unwritten }) => unwritten.length > 0));
    session?.write(1 + random.below(session.unwritten.length));
  }

  #disconnect(): void {
    const session = this.scene.random.any(this.#sessions);
    if (session === undefined) return;
    this.#sessions = this.#sessions.filter((other) => other !== session);
    session.disconnect();
  }

  #claim(): void {
    const isFree = ({ out }: Item) => out !== undefined && out.delivery === undefined;
    const item = this.scene.random.any([...this.#ledger.alive].filter(isFree));
    if (item !== undefined) this.#session().claim(item);
  }

  #withdraw(): void {
    const { random } = this.scene;
    const session = random.any(this.#sessions);
    const receiving = random.any(session?.receivings ?? []);
    if (receiving !== undefined) session?.withdraw(receiving);
  }

  // Time, the journal and trouble

  #advance(milliseconds: number): void {
    this.scene.note(() => `${milliseconds} ms pass`);
    this.scene.journal.asked = 0;
    this.scene.timeTick = ++this.scene.tick;
    this.scene.clock.advance(milliseconds);
    this.#ledger.timePassed();
  }

  #endTurn(): void {
    this.scene.note(() => 'the turn ends');
    this.scene.turn.end();
  }

  #journal(): void {
    const { journal } = this.scene;
    if (!journal.busy) return;
    this.scene.note(() => 'the journal answers');
    journal.step();
  }

  #trouble(): void {
    const { journal, random } = this.scene;
    journal.mode = random.pick(['ok', 'ok', 'no adds', 'no adds', 'full', 'failing'] as const);
    this.scene.note(() => `the disk: ${journal.mode}`);
  }

  #flush(): void {
    const { scene } = this;
    const { open } = this.#ledger;
    const before = [...open.values()].filter(({ receipt }) => receipt === 'taken');
    const over = [...this.#ledger.items.values()].filter(({ where }) => where === 'over');
    scene.note(() => 'a flush');
    this.#exchange.flush(() => {
      scene.note(() => 'all is flushed');
      scene.check(
        before.every(({ told }) => told),
        'a flush comes after all receipts',
      );
      const back = over.find((item) => item.where === 'over' && scene.journal.rows.has(item.body));
      if (back !== undefined) scene.fail(`a flush says that ${back.body} is finished on disk`);
    });
  }

  #control(): void {
    const { random } = this.scene;
    const address = random.pick(random.chance(0.3) ? GRAVES : QUEUES);
    const what = random.pick([
      'pause',
      'resume',
      'resume',
      'purge',
      'kick',
      'kick',
      'peek',
      'queues',
      'recall',
    ] as const);
    const grave = random.pick(GRAVES);
    const commands: Record<typeof what, () => Control | undefined> = {
      pause: () => ({ command: 'pause', address }),
      resume: () => ({ command: 'resume', address }),
      purge: () => (random.chance(0.3) ? { command: 'purge', address } : undefined),
      kick: () => ({ command: 'kick', address: grave, count: random.pick([1, 2, Number.POSITIVE_INFINITY]) }),
      peek: () => ({ command: 'peek', address, count: random.pick([1, 3, 1000]) }),
      queues: () => ({ command: 'queues', prefix: '', after: '' }),
      recall: () => {
        const item = random.any([...this.#ledger.items.values()].filter(({ message }) => message.options.id));
        return item && { command: 'recall', address: item.message.to, id: item.message.options.id as string };
      },
    };
    const control = commands[what]();
    if (control !== undefined) this.#controls.ask(control);
  }

  /** Lets all that is under way come to its end, and looks whether everything is as it should be. */
  #settle(): void {
    const { scene } = this;
    const { journal } = scene;
    if (journal.mode !== 'ok' && this.scene.random.chance(0.7)) return;
    scene.note(() => 'all comes to rest');
    journal.mode = 'ok';
    do {
      // After a full disk the broker tries again and again, with pauses.
      const waits = journal.wasFull ? 4 : 0;
      journal.wasFull = false;
      for (let tries = 0; tries <= waits; tries++) {
        if (tries > 0) this.#advance(260);
        this.#rest();
      }
      for (let looks = 0; looks < 30 && this.#audit.isLate; looks++) {
        this.#advance(20);
        this.#rest();
      }
    } while (journal.wasFull);
    this.#audit.quiet(this.#exchange);
    this.#controls.quiet();
  }

  #rest(): void {
    const { scene } = this;
    for (let n = 0; ; n++) {
      scene.check(n < 1000, 'all comes to rest in the end');
      this.#advance(0);
      const idle = scene.turn.empty && !scene.journal.busy;
      scene.turn.end();
      if (idle && !scene.journal.busy) return;
      while (scene.journal.busy) scene.journal.step();
    }
  }

  #crash(): void {
    const { scene } = this;
    const { random, journal } = scene;
    journal.crash(random.chance(0.5));
    journal.mode = 'ok';
    journal.prompt = random.chance(0.2);
    const away = random.pick([0, 0, 3, 1000, 9000, 70_000, -5000]);
    scene.note(() => `the broker crashes, and starts again after ${away} ms`);
    scene.restart(away);
    this.#ledger.crashed();
    this.#line.crashed();
    this.#audit.crashed();
    this.#start();
    this.#advance(0);
  }

  // The end

  #finish(): void {
    const { scene } = this;
    if (this.#failed) this.#crash();
    scene.journal.mode = 'ok';
    for (const session of this.#sessions) session.disconnect();
    this.#sessions = [];
    this.#rest();
    for (const address of EVERYWHERE) this.#controls.ask({ command: 'resume', address });
    this.#settleNow();
    for (let rounds = 0; this.#ledger.alive.size > 0; rounds++) {
      scene.check(rounds < 20, 'everything ends');
      this.#drain();
      this.#advance(12_020);
      this.#settleNow();
    }
    this.#advance(300_020);
    this.#settleNow();
    this.#advance(20);
    this.#settleNow();
    this.#nothingIsLeft();
  }

  #settleNow(): void {
    this.scene.journal.mode = 'ok';
    this.#settle();
  }

  #drain(): void {
    const session = new Session('drain', this.#exchange, this.scene, this.#ledger, this.#line);
    const queues = new Set([...this.#ledger.alive].map(({ queue }) => queue));
    for (const address of queues) {
      const lease = this.scene.random.chance(0.5) ? 30_000 : 0;
      session.receive(`r${++this.scene.tick}`, [address], 0, Number.POSITIVE_INFINITY, lease);
      this.#rest();
      session.write(Number.POSITIVE_INFINITY);
      session.settleAll();
    }
    this.#settleNow();
  }

  #nothingIsLeft(): void {
    const { scene } = this;
    const { queues, messages, onDisk, delayed, bytes, deliveries, receivers, ids } = this.#exchange.stats();
    const left = { queues, messages, onDisk, delayed, bytes, deliveries, receivers, ids };
    scene.check(
      Object.values(left).every((count) => count === 0),
      `nothing is left in memory: ${JSON.stringify(left)}`,
    );
    const { disk } = scene.journal;
    const rows = disk.messages.size + disk.deliveries.size + disk.ids.size + disk.paused.size;
    scene.check(rows === 0, 'nothing is left on disk');
  }
}

/** The real one. */
export function makeExchange(scene: Scene, failed: (cause: Error) => void): LocalExchange {
  return new LocalExchange(partsOf(scene, failed));
}

/** What the exchange of a run is made from. */
export function partsOf(scene: Scene, failed: (cause: Error) => void): ExchangeParts {
  const { memory, ids, queueMessages, messages, deadLifetime } = scene.config;
  const most = Number.POSITIVE_INFINITY;
  const limits = { memory, ids, queueMessages, messages, deadLifetime, bytes: most, queueBytes: most };
  const { clock, turn, journal } = scene;
  return { clock, turn, ids: scene, journal, limits, journalFailed: failed };
}

function configured(random: Random): Config {
  const rarely = (most: number) => (random.chance(0.8) ? Number.POSITIVE_INFINITY : most);
  return {
    memory: random.pick([0, 700, 1500, Number.POSITIVE_INFINITY]),
    ids: rarely(3),
    queueMessages: rarely(3),
    messages: rarely(6),
    chunk: random.pick([1, 2, 3, 1000]),
    deadLifetime: random.pick([30_000, 604_800_000]),
    timeouts: random.pick([[600_000], [60_000, 600_000], [0, 2000, 20_000, 600_000]]),
    crash: random.pick([0, 0.01, 0.03]),
    trouble: random.pick([0, 0, 0.02, 0.06]),
    slow: random.pick([0, 1]),
  };
}

export type { Violation };
