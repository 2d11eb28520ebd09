/**
 * Lines as Net::Server writes them, and as JSON. Pure.
 *
 * @module
 */

/** `2026/11/24-08:05:01`, in local time (Net::Server's `log_time`). */
export function logTime(date: Date = new Date()): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())}-` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const encoder = new TextEncoder();

/**
 * A message as one that cannot forge a line: every byte outside printable ASCII becomes `%XX`, so that an end of
 * line or a terminal's escape in what a client sent stays harmless. One end of line at the end is dropped. (Net::Server
 * lets ends of line within a message stand.)
 */
export function escapeMessage(message: string): string {
  const text = message.endsWith("\n") ? message.slice(0, -1) : message;
  if (!/[^\x20-\x7e]/.test(text)) return text;
  let escaped = "";
  for (const byte of encoder.encode(text)) {
    escaped += byte >= 32 && byte <= 126
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

const LEVELS = ["fatal", "error", "notice", "info", "debug"];

/**
 * `{"time":"…","level":"notice","pid":1,"message":"…"}`. What JSON lets stand and a terminal or a reader of lines may
 * obey is escaped too: DEL, the controls from U+0080 to U+009F, and Unicode's ends of line.
 */
export function formatJson(level: number, message: string, pid: number, date: Date = new Date()): string {
  return JSON.stringify({ time: date.toISOString(), level: LEVELS[level] ?? "debug", pid, message })
    .replace(
      /[\x7f-\x9f\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}
