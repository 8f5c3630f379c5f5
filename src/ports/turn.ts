/**
 * One turn of the event loop, seen from its end. What arrives in a turn is handled first; then, in this order and
 * again until nothing is left:
 *
 * 1. `resume`: connections that had to wait go on with what they hold already;
 * 2. `flush`: answers are written, joined, once per connection;
 * 3. `commit`: what is still waiting goes to the journal in one transaction.
 *
 * Writing before committing is what lets a message that was handed on within the turn stay out of the journal.
 * A task given during a phase runs in the same turn's end. A task must not throw.
 */
export interface Turn {
  resume(task: () => void): void;
  flush(task: () => void): void;
  commit(task: () => void): void;
}
