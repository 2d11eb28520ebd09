/**
 * The header of what a CGI program answers (RFC 3875 §6). Pure.
 *
 * @module
 */

const LF = 10;
const CR = 13;
/** The longest header. */
const MOST = 65536;

const decoder = new TextDecoder("latin1");

/** What a program has said ahead of its body. */
export interface CgiHeader {
  /** Undefined where it does not say. */
  readonly status: number | undefined;
  /** The phrase behind its status. */
  readonly phrase: string;
  readonly location: string | undefined;
  /** All other fields. */
  readonly fields: readonly (readonly [string, string])[];
  /** The bytes of the body that have come with the header. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What is wrong with an answer. */
export class CgiFault extends Error {
  override name = "CgiFault";
}

/** The places of the end of the header: where its last line ends, and where the body begins; undefined if it is not there. */
function endOf(bytes: Uint8Array): { readonly header: number; readonly body: number } | undefined {
  for (let line = 0;;) {
    const end = bytes.indexOf(LF, line);
    if (end < 0) return undefined;
    if (end === line || end === line + 1 && bytes[line] === CR) return { header: line, body: end + 1 };
    line = end + 1;
  }
}

function fieldOf(line: string): [string, string] {
  const [, name, value] = /^([!#$%&'*+.^`|~\w-]+)[ \t]*:[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new CgiFault(`its header has the line ${JSON.stringify(line.slice(0, 80))}, which is no field`);
  }
  return [name.toLowerCase(), value];
}

/** Gathers the header. */
export class CgiHeaderReader {
  #bytes = new Uint8Array(0);

  /** Whether not a byte has come. */
  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /**
   * Takes what has come.
   *
   * @returns The header, once it is whole.
   * @throws {CgiFault} if it is none
   */
  add(bytes: Uint8Array): CgiHeader | undefined {
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    const end = endOf(all);
    if (end !== undefined && end.header <= MOST) return headerOf(all, end);
    if (all.length > MOST) throw new CgiFault(`its header is longer than ${MOST} bytes`);
    return undefined;
  }
}

function headerOf(
  bytes: Uint8Array<ArrayBuffer>,
  end: { readonly header: number; readonly body: number },
): CgiHeader {
  const lines = decoder.decode(bytes.subarray(0, end.header)).split(/\r?\n/);
  const all = lines.filter((line) => line !== "").map(fieldOf);
  const [, status, phrase = ""] = /^(\d{3})(?:[ \t]+(.*))?$/.exec(valueOf(all, "status") ?? "") ?? [];
  if (status === undefined && valueOf(all, "status") !== undefined) {
    throw new CgiFault(`its header has the status ${JSON.stringify(valueOf(all, "status"))}, which is none`);
  }
  return {
    status: status === undefined ? undefined : Number(status),
    phrase,
    location: valueOf(all, "location"),
    fields: all.filter(([name]) => name !== "status" && name !== "location"),
    body: bytes.slice(end.body),
  };
}

function valueOf(fields: readonly (readonly [string, string])[], name: string): string | undefined {
  return fields.find(([key]) => key === name)?.[1];
}
