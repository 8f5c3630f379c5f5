/** What the tagged protocol's lines begin with, each of them twice. */
export const HELLO = 0x21; // !
export const DONE = 0x2b; // +
export const BACK = 0x2d; // -
export const DOT = 0x2e; // .
export const RECEIVE = 0x3c; // <
export const CONTROL = 0x3d; // =
export const SEND = 0x3e; // >
export const KEEP = 0x7e; // ~
/** Only the broker says this one. */
export const OVER = 0x2a; // *

/** Stands for a tag where none can be told. */
export const NO_TAG = '?';
