/**
 * What takes lines of the log in place of the file or stderr.
 *
 * @module
 */

/** Writes a line of a level. */
export type Log = (level: number, message: string) => void;

/** Takes lines in place of the file or stderr. */
export interface LogSink {
  /** What it is, for a message: `the hook writeToLog`. */
  readonly name: string;
  /** Whether it takes what processes print too. Not for code, which may print by itself. */
  readonly takesPrinted?: boolean;
  /** Takes a line. It may throw, or give a promise that is rejected: the line goes to the file or stderr then. */
  write(level: number, message: string): unknown;
  /** Sends what it has kept, and gives up what it holds. What is written afterwards may open it again. */
  close?(): void;
}
