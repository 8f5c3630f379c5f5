/** What a message's line says. */
export interface Line {
  readonly to: string;
  readonly replyTo: string | undefined;
  readonly body: string;
}

/** `> bodyLen timeout toAddr [replyAddr]` and the body: a send, and a delivery. `timeout` in whole seconds. */
export function encodeMessage(message: Line, timeout: number): string {
  const { to, replyTo, body } = message;
  const line = `> ${body.length} ${timeout} ${to}`;
  return (replyTo === undefined ? line : `${line} ${replyTo}`) + encodeBody(body);
}

/** `? bodyLen timeout toAddr` and the body. `timeout` in whole seconds. */
export function encodeQuery(to: string, body: string, timeout: number): string {
  return `? ${body.length} ${timeout} ${to}${encodeBody(body)}`;
}

/** `< timeout addr1 [addr2 .. addr8]`. `timeout` in whole seconds. */
export function encodeReceive(addresses: readonly string[], timeout: number): string {
  return `< ${timeout} ${addresses.join(' ')}\r\n`;
}

/** `- text` */
export function encodeRefusal(text: string): string {
  return `- ${text}\r\n`;
}

/** The time ran out. */
export const TIMEOUT = '*\r\n';
/** Goodbye. */
export const GOODBYE = '.\r\n';

/** The end of a line, and the body behind it. */
export function encodeBody(body: string): string {
  return body.length === 0 ? '\r\n' : `\r\n${body}\r\n`;
}
