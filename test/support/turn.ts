import { Phases } from '../../src/adapters/clock/phases.js';

/** A turn that ends when the test says so: the real phases, without an event loop. */
export class ManualTurn extends Phases {
  /** Runs all phases until nothing is left. */
  end(): void {
    for (let rounds = 0; this.run(); rounds++) {
      if (rounds === 10_000) throw new Error('this turn never ends: some task asks for another each time');
    }
  }
}
