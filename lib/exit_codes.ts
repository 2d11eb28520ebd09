/**
 * What an exit status tells the shell and the parent.
 *
 * The numbers of 64 and above are those of `sysexits.h`, which supervisors and shell scripts know.
 *
 * @module
 */

/** Everything went as asked. */
export const EX_OK = 0;
/** The server was stopped by a fatal error while it ran (Net::Server's `server_close(1)`). */
export const EX_FATAL = 1;
/** What is awaited can never come, as nothing is left in the event loop (Node's status for a promise that never settles). */
export const EX_STALLED = 13;
/** `tine status`: the server does not run (the status of init scripts, LSB). */
export const EX_NOT_RUNNING = 3;
/** `tine status`: whether the server runs cannot be told (the status of init scripts, LSB). */
export const EX_UNKNOWN = 4;
/** The command line cannot be understood (`EX_USAGE`). */
export const EX_USAGE = 64;
/** An input file cannot be opened or read (`EX_NOINPUT`). */
export const EX_NOINPUT = 66;
/** An address cannot be bound, or what is needed is not available, a runtime say (`EX_UNAVAILABLE`). */
export const EX_UNAVAILABLE = 69;
/** A fault of Tine itself (`EX_SOFTWARE`). */
export const EX_SOFTWARE = 70;
/** The system refused something that it should have given, such as a process or memory (`EX_OSERR`). */
export const EX_OSERR = 71;
/** A file cannot be created (`EX_CANTCREAT`). */
export const EX_CANTCREAT = 73;
/** Input or output failed (`EX_IOERR`). */
export const EX_IOERR = 74;
/** It has not come to that yet, and may later (`EX_TEMPFAIL`). */
export const EX_TEMPFAIL = 75;
/** The caller, or Deno's permissions, lack a right (`EX_NOPERM`). */
export const EX_NOPERM = 77;
/** The configuration is wrong (`EX_CONFIG`). */
export const EX_CONFIG = 78;
/** A hook or the handler threw, which ended its child (the status of a Perl program that dies). */
export const EX_CHILD_THREW = 255;
