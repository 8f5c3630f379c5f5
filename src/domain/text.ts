/** Bytes of a body that are shown of it. */
const SHOWN = 4096;

/** Bytes as the text that they are in UTF-8, or, where they are none, as they are. */
export function readable(bytes: string): string {
  return decoded(bytes) ?? bytes;
}

/** The beginning of a body, as text where it is UTF-8, otherwise in Base64. */
export function readableBody(body: string): { readonly body: string } | { readonly bodyBase64: string } {
  const start = body.length <= SHOWN ? body : body.slice(0, wholeCharacters(body));
  const text = decoded(start);
  return text === undefined ? { bodyBase64: btoa(start) } : { body: text };
}

function decoded(bytes: string): string | undefined {
  const array = Uint8Array.from({ length: bytes.length }, (_, i) => bytes.charCodeAt(i));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(array);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Where to cut so that no character of UTF-8 is divided. */
function wholeCharacters(body: string): number {
  let end = SHOWN;
  while (end > SHOWN - 4 && (body.charCodeAt(end) & 0xc0) === 0x80) end--;
  return end;
}
