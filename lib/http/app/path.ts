/**
 * The path of a request, and which location it belongs to. Pure.
 *
 * @module
 */

const PERCENT = 37;
const ZERO = 0;
const SLASH = 47;

const encoder = new TextEncoder();

/** The segments of the path of an absolute URL, as they were sent: `["a", ""]` of `/a/`. */
export function segmentsOf(href: string): readonly string[] {
  const start = href.indexOf("/", href.indexOf("//") + 2);
  const query = href.indexOf("?", start);
  return href.slice(start + 1, query < 0 ? undefined : query).split("/");
}

/** The query of an absolute URL, without its `?`. */
export function queryOf(href: string): string {
  const query = href.indexOf("?");
  return query < 0 ? "" : href.slice(query + 1);
}

function decoded(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * What of a path is behind a location, of which these are the parts; undefined where it does not belong to it. The location `/` has all paths, `/a` has
 * `/a` itself and all that begins with `/a/`, and `/a/` the latter alone.
 */
export function behind(
  parts: readonly string[],
  segments: readonly string[],
): readonly string[] | undefined {
  for (const [at, part] of parts.entries()) {
    if (part === "" && at === parts.length - 1) return segments.length > at ? segments.slice(at) : undefined;
    if (at >= segments.length || decoded(segments[at] as string) !== part) return undefined;
  }
  return segments.slice(parts.length);
}

/** Why a segment is no name: 400 where it is malformed, 404 for a `/` or a zero that was encoded (as Apache has it). */
export type BadName = 400 | 404;

/** The bytes that a segment stands for, decoded once. */
export function nameOf(segment: string): Uint8Array | BadName {
  const bytes = encoder.encode(segment);
  if (!bytes.includes(PERCENT)) return bytes;
  let to = 0;
  for (let from = 0; from < bytes.length; from++) {
    let byte = bytes[from] as number;
    if (byte === PERCENT) {
      const hex = segment.slice(from + 1, from + 3);
      if (!/^[0-9a-f]{2}$/i.test(hex)) return 400;
      byte = parseInt(hex, 16);
      if (byte === ZERO || byte === SLASH) return 404;
      from += 2;
    }
    bytes[to++] = byte;
  }
  return bytes.subarray(0, to);
}
