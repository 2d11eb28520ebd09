/**
 * Whether a request that depends on what the client has already is to be served (RFC 9110 §13). Pure.
 *
 * @module
 */

/** By what a client knows what it has. */
export interface Validators {
  /** A strong one, with its quotes. */
  readonly etag: string;
  /** `Last-Modified`, in seconds since 1970. */
  readonly modified: number;
}

/** The fields of a request. */
export interface Fields {
  get(name: string): string | null;
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
/** IMF-fixdate, as all send it today; and those of RFC 850 and asctime, which are to be understood (RFC 9110 §5.6.7). */
const DATES = [
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^[A-Z][a-z]+day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/** A year of two digits is none that lies more than 50 years ahead. */
function wholeYear(text: string, now: Date): number {
  const year = Number(text);
  if (text.length === 4) return year;
  const thisYear = now.getUTCFullYear();
  const full = thisYear - thisYear % 100 + year;
  return full > thisYear + 50 ? full - 100 : full;
}

/** A date of HTTP in seconds since 1970; undefined for what is none. */
export function parseDate(text: string, now: Date = new Date()): number | undefined {
  for (const pattern of DATES) {
    const { day, month = "", year = "", time } = pattern.exec(text)?.groups ?? {};
    if (day === undefined) continue;
    const at = MONTHS.indexOf(month);
    if (at < 0 || at % 3 !== 0) return undefined;
    const [hours = 0, minutes = 0, seconds = 0] = (time as string).split(":").map(Number);
    if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
    const ms = Date.UTC(wholeYear(year, now), at / 3, Number(day), hours, minutes, seconds);
    return new Date(ms).getUTCMonth() === at / 3 ? ms / 1000 : undefined;
  }
  return undefined;
}

/** Whether a list of tags has this one. A weak tag is one too where the comparison is weak (RFC 9110 §8.8.3.2). */
function lists(field: string, etag: string, comparison: "strong" | "weak"): boolean {
  if (field.trim() === "*") return true;
  for (const [, weak, tag] of field.matchAll(/(W\/)?("[^"]*")/g)) {
    if (tag === etag && (weak === undefined || comparison === "weak")) return true;
  }
  return false;
}

/**
 * What a request for something that is there comes to.
 *
 * @returns 412 or 304, or undefined where it is to be served.
 */
export function judge(fields: Fields, { etag, modified }: Validators): 304 | 412 | undefined {
  const match = fields.get("if-match");
  if (match !== null) {
    if (!lists(match, etag, "strong")) return 412;
  } else {
    const since = parseDate(fields.get("if-unmodified-since") ?? "");
    if (since !== undefined && modified > since) return 412;
  }
  const noneMatch = fields.get("if-none-match");
  if (noneMatch !== null) return lists(noneMatch, etag, "weak") ? 304 : undefined;
  const since = parseDate(fields.get("if-modified-since") ?? "");
  return since !== undefined && modified <= since ? 304 : undefined;
}

/** Whether the part that a client asks for fits what it has (`If-Range`). */
export function mayBePart(fields: Fields, { etag, modified }: Validators): boolean {
  const field = fields.get("if-range");
  if (field === null) return true;
  if (field.includes('"')) return field.trim() === etag;
  return parseDate(field) === modified;
}
