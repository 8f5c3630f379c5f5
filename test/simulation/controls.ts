import type { Control } from '../../src/domain/control.js';
import type { LocalExchange } from '../../src/domain/exchange.js';
import type { Asker } from '../../src/ports/exchange.js';
import type { Item } from './item.js';
import type { Ledger } from './ledger.js';
import { type Scene, Violation } from './scene.js';

/** Those who look after the broker. */
export class Controls {
  #asked = 0;
  #open = 0;

  constructor(
    private readonly scene: Scene,
    private readonly ledger: Ledger,
    private readonly exchange: LocalExchange,
  ) {}

  ask(control: Control): void {
    const { scene } = this;
    const tag = `q${++this.#asked}`;
    scene.note(() => `${tag} asks to ${JSON.stringify(control)}`);
    this.#open++;
    let answers = 0;
    const then = this.#before(control);
    const asker: Asker = {
      answered: (_, answer) => {
        scene.note(() => `${tag} is answered ${JSON.stringify(answer)}`);
        this.#open--;
        scene.check(++answers === 1, 'a question is answered once');
        then(answer as Record<string, unknown>);
      },
      refused: () => scene.fail('no question is refused'),
    };
    this.exchange.control(control, asker, tag);
  }

  /** Nothing is under way. */
  quiet(): void {
    this.scene.check(this.#open === 0, 'every question is answered');
    this.ledger.stirred.clear();
  }

  #before(control: Control): (answer: Record<string, unknown>) => void {
    const { scene, ledger } = this;
    switch (control.command) {
      case 'pause':
        if (!ledger.paused.has(control.address)) ledger.paused.set(control.address, ++scene.tick);
        return () => ledger.paused.has(control.address) && ledger.pauseKept.add(control.address);
      case 'resume':
        ledger.paused.delete(control.address);
        ledger.resumed.set(control.address, ++scene.tick);
        ledger.pauseKept.delete(control.address);
        return () => undefined;
      case 'purge':
      case 'kick':
        ledger.doubtAll(control.address);
        ledger.stirred.add(control.address);
        return () => ledger.doubtAll(control.address);
      case 'peek':
        return ({ messages }) => this.#peeked(control.address, control.count, messages as { body: string }[]);
      case 'recall':
        return this.#recall(control.address, control.id);
      default:
        return () => undefined;
    }
  }

  #peeked(address: string, count: number, shown: readonly { body: string }[]): void {
    const { scene, ledger } = this;
    scene.check(shown.length <= count, 'no more is shown than was asked for');
    const isCertain = ({ queue, where, unsure }: Item) => queue === address && where === 'waiting' && !unsure;
    const certain = [...ledger.alive].filter((item) => isCertain(item) && item.due > scene.now);
    const enough = shown.length >= Math.min(count, certain.length) || scene.decided.size > 0;
    scene.check(enough, `all of ${address} is shown that was asked for`);
    let before: Item | undefined;
    for (const { body } of shown) {
      const item = ledger.items.get(body) as Item;
      scene.check(item.unsure || item.queue === address, 'what is shown is there');
      if (!item.unsure && before !== undefined && item.placedTo < before.earliest)
        scene.fail('messages are shown in order');
      before = item.unsure ? before : item;
    }
  }

  #recall(address: string, id: string): (answer: Record<string, unknown>) => void {
    const { scene, ledger } = this;
    const isIt = ({ message }: Item) => message.to === address && message.options.id === id;
    const item = [...ledger.items.values()].find(isIt);
    if (item === undefined) throw new Violation('what is to be taken back had been sent');
    const isSure = !item.unsure && ledger.alive.has(item) && item.where !== 'out' && item.id.state === 'live';
    if (isSure) ledger.doubt(item);
    return ({ recalled }) => {
      if (recalled) ledger.recalled(item);
      else if (item.where === 'waiting' || item.where === 'delayed') {
        const isLeft =
          isSure &&
          !ledger.stirred.has(item.queue) &&
          item.id.state === 'live' &&
          item.due > scene.now &&
          scene.decided.size === 0;
        scene.check(!isLeft, 'what waits is taken back');
      }
    };
  }
}
