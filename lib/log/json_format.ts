/**
 * Lines as JSON, one object a line. Pure.
 *
 * @module
 */

const LEVELS = ["fatal", "error", "notice", "info", "debug"];

/** `{"time":"…","level":"notice","pid":1,"message":"…"}` */
export function formatJson(level: number, message: string, pid: number, date: Date = new Date()): string {
  return JSON.stringify({ time: date.toISOString(), level: LEVELS[level] ?? "debug", pid, message });
}
