// Where the room is: in one message in the broker. Whoever takes it has the room to itself, and puts the next version in its
// place. So no handler keeps anything, and there is no other store.
import { randomUUID } from 'node:crypto';
import { emptyRoom } from './room.mjs';

const ADDRESS = 'chat.room';
/** Seconds. */
const WEEK = 7 * 86_400;
/** Seconds for one change. Who takes longer loses the room to the next. */
const LEASE = 10;

/** @param client of msglite */
export function storeOf(client) {
  /** A version is put once: its name is its id. @returns false where somebody else has put another one of that name */
  async function put(room, name) {
    try {
      await client.send(ADDRESS, JSON.stringify(room), { id: name, timeout: WEEK });
      return true;
    } catch (error) {
      if (error.code === 'id-conflict') return false;
      throw error;
    }
  }

  /** Puts an empty room, unless there is one. Of two who do that at once, one does. */
  async function open() {
    const { queues } = await client.control.queues({ prefix: ADDRESS });
    if (queues.some(({ name, messages, deliveries }) => name === ADDRESS && messages + deliveries > 0)) return;
    await put(emptyRoom(randomUUID()), `${ADDRESS}-first`);
  }

  async function take() {
    for (;;) {
      const { value } = await client.receive(ADDRESS, { count: 1, lease: LEASE, timeout: 1 }).next();
      if (value !== undefined) return value;
      await open();
    }
  }

  return {
    open,

    /**
     * Lets `edit` change the room, alone. What was put is certain, whoever dies when: an old version that comes again, since
     * its handler died before it was done with it, can't be followed by another one, and is dropped. Then `edit` is called again.
     * @returns what `edit` has returned
     */
    async change(edit) {
      for (;;) {
        const message = await take();
        try {
          const room = JSON.parse(message.text());
          const result = await edit(room);
          room.version++;
          const isNewest = await put(room, `${room.born}-${room.version}`);
          if (message.isOurs) await message.done();
          if (isNewest) return result;
        } catch (error) {
          if (message.isOurs) await message.giveBack();
          throw error;
        }
      }
    },
  };
}
