import type { Settings } from './question.js';

/** Everything for a moment. */
export const QUICK: Settings = {
  rounds: 1,
  seconds: 0.2,
  warm: 0.1,
  stallSeconds: 0.5,
  million: 2000,
  workers: 2,
  quick: true,
};
