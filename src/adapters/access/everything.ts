import type { Rights } from '../../ports/access.js';

/** May do everything. */
export const EVERYTHING: Rights = Object.freeze({
  name: '',
  admin: true,
  revoked: false,
  maySend: () => true,
  mayReceive: () => true,
});
