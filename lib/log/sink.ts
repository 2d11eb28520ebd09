/**
 * What takes lines of the log in place of the file or stderr.
 *
 * @module
 */

/** Takes lines in place of the file or stderr. */
export interface LogSink {
  /** What it is, for a message: `the hook writeToLog`. */
  readonly name: string;
  /** Takes a line. It may throw, or give a promise that is rejected: the line goes to the file or stderr then. */
  write(level: number, message: string): unknown;
  /** Sends what it has kept, and gives up what it holds. What is written afterwards may open it again. */
  close?(): void;
}
