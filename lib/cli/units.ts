/**
 * Times, sizes and counts in few characters, for tables.
 *
 * @module
 */

/** `3 s`, `5 min`, `2 h`, `4 d` */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Processor time: `0.35 s`, and longer ones as {@linkcode span}. */
export function cpuTime(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : span(ms);
}

/** `980 kB`, `12 MB`, `1.5 GB`: powers of 1000. */
export function size(bytes: number): string {
  if (bytes < 999_500) return `${Math.round(bytes / 1e3)} kB`;
  if (bytes < 999_500_000) return `${Math.round(bytes / 1e6)} MB`;
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** What is known, or a dash. */
export function orDash<T>(value: T | null | undefined, format: (value: T) => string = String): string {
  return value === null || value === undefined ? "-" : format(value);
}

/** A line that is too long ends with an ellipsis. */
export function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}
