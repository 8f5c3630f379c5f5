import { type Refused, refused } from '../refused.js';
import type { Words } from '../words.js';
import type { Done, GiveBack, Keep } from './commands.js';
import { isDeliveryName } from './names.js';
import { readable, SECONDS, wrongWords } from './wrong.js';

/** `++ @delivery` */
export function parseDone(words: Words): Done | Refused {
  if (words.count !== 2) return wrongWords('++ @delivery', words);
  const delivery = words.tail(1, 0);
  return isDeliveryName(delivery) ? { kind: 'done', delivery, bodyLength: 0, body: '' } : badName(words);
}

/** `-- @delivery [delay]` */
export function parseGiveBack(words: Words): GiveBack | Refused {
  if (words.count !== 2 && words.count !== 3) return wrongWords('-- @delivery [delay]', words);
  const delivery = words.tail(1, 0);
  if (!isDeliveryName(delivery)) return badName(words);
  const delay = words.count === 2 ? 0 : words.milliseconds(2);
  if (delay === -1) return refused('bad-timeout', `delay: ${SECONDS}`, delivery, 0);
  return { kind: 'give-back', delivery, delay, bodyLength: 0, body: '' };
}

/** `~~ @delivery secs` */
export function parseKeep(words: Words): Keep | Refused {
  if (words.count !== 3) return wrongWords('~~ @delivery secs', words);
  const delivery = words.tail(1, 0);
  if (!isDeliveryName(delivery)) return badName(words);
  const lease = words.milliseconds(2);
  if (lease < 1) return refused('bad-timeout', `secs: more than 0 ${SECONDS}`, delivery, 0);
  return { kind: 'keep', delivery, lease, bodyLength: 0, body: '' };
}

function badName(words: Words): Refused {
  return refused('bad-command', "a delivery's name begins with @", readable(words), 0);
}
