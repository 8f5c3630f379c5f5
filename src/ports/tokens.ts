/** One token per port: what an adapter is asked for by, and registered under in `app/container.ts`. */
export const EXCHANGE = Symbol('Exchange');
export const JOURNAL = Symbol('Journal');
export const CLOCK = Symbol('Clock');
export const TURN = Symbol('Turn');
export const IDS = Symbol('Ids');
export const LOG = Symbol('Log');
export const ACCESS = Symbol('Access');
