/**
 * Which bytes may stand where in a request (RFC 9110 §5.6.2, RFC 9112 §2 and §3). Pure.
 *
 * @module
 */

/** Carriage return. */
export const CR = 13;
/** Line feed. */
export const LF = 10;
/** Horizontal tab. */
export const HT = 9;
/** Space. */
export const SP = 32;
/** `:` */
export const COLON = 58;

/** A table with 1 at each of these bytes. A byte behind the end of an array is not in it either. */
function tableOf(isIn: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => isIn(byte) ? 1 : 0);
}

/** A token's bytes (RFC 9110 §5.6.2). */
export const TOKEN: Uint8Array = tableOf((byte) =>
  byte < 128 && /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(byte))
);

/** A field value's bytes: no control but the tab (RFC 9110 §5.5). */
export const FIELD_VALUE: Uint8Array = tableOf((byte) => byte === HT || (byte >= SP && byte !== 127));

/** A request target's bytes: what can be seen, without the `#` of a fragment, which is never sent (RFC 9112 §3.2). */
export const TARGET: Uint8Array = tableOf((byte) => byte > SP && byte < 127 && byte !== 35);
