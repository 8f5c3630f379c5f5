import type { Control } from '../../domain/control.js';
import type { SendOptions } from '../../domain/message.js';
import type { Frame } from '../decoder.js';

/** `!! tag [token] [idle=secs]` */
export interface HelloCommand extends Frame {
  readonly kind: 'hello';
  readonly tag: string;
  readonly token: string | undefined;
  /** Milliseconds of silence after which the connection may be closed; undefined where nothing was said of it. */
  readonly idle: number | undefined;
}

/** `>> tag bodyLen timeout toAddr replyAddr|- [k=v ..]` */
export interface TaggedSend extends Frame {
  readonly kind: 'send';
  readonly tag: string;
  readonly to: string;
  readonly replyTo: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly options: SendOptions;
}

/** `<< tag timeout addr1 [.. addr8] [k=v ..]` */
export interface TaggedReceive extends Frame {
  readonly kind: 'receive';
  readonly tag: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly addresses: readonly string[];
  readonly count: number;
  /** Milliseconds; 0: no lease. */
  readonly lease: number;
}

/** `.. tag` */
export interface TakeBack extends Frame {
  readonly kind: 'take-back';
  readonly tag: string;
}

/** `++ @delivery` */
export interface Done extends Frame {
  readonly kind: 'done';
  readonly delivery: string;
}

/** `-- @delivery [delay]` */
export interface GiveBack extends Frame {
  readonly kind: 'give-back';
  readonly delivery: string;
  /** Milliseconds. */
  readonly delay: number;
}

/** `~~ @delivery secs` */
export interface Keep extends Frame {
  readonly kind: 'keep';
  readonly delivery: string;
  /** Milliseconds from now. */
  readonly lease: number;
}

/** `== tag command [args ..]` */
export interface ControlCommand extends Frame {
  readonly kind: 'control';
  readonly tag: string;
  readonly control: Control;
}

/** `.` */
export interface TaggedGoodbye extends Frame {
  readonly kind: 'goodbye';
}

/** What a client says in the tagged protocol. */
export type TaggedCommand =
  | HelloCommand
  | TaggedSend
  | TaggedReceive
  | TakeBack
  | Done
  | GiveBack
  | Keep
  | ControlCommand
  | TaggedGoodbye;
