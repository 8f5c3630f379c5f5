import type { Access, Rights } from '../../ports/access.js';
import { EVERYTHING } from './everything.js';

/** Whoever can connect may do everything: the permissions of the socket file, or a network's walls, are the guard. */
export class OpenAccess implements Access {
  withoutToken(): Rights {
    return EVERYTHING;
  }

  rights(): Rights {
    return EVERYTHING;
  }

  reload(): void {
    // There is nothing that could change.
  }
}
