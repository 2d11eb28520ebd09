/**
 * The errors that Tine throws. Each says what failed, where and why, what to do, and with which status the
 * program should exit; a user never sees a stack trace for an error of their own.
 *
 * @module
 */

import { EX_CONFIG, EX_NOPERM, EX_OSERR, EX_SOFTWARE, EX_UNAVAILABLE, EX_USAGE } from "./exit_codes.ts";

/** The base of every error that Tine throws on purpose. */
export class TineError extends Error {
  /** The class, for messages. */
  override name = "TineError";
  /** The status with which a program that meets this error should exit (`sysexits.h`). */
  readonly exitCode: number;

  /**
   * Makes the error.
   *
   * @param message One line: "Cannot <verb> <object>: <why>; <what to do>".
   */
  constructor(message: string, options: { cause?: unknown; exitCode?: number } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.exitCode = options.exitCode ?? EX_SOFTWARE;
  }
}

/** The command line cannot be understood. */
export class UsageError extends TineError {
  /** The class, for messages. */
  override name = "UsageError";
  /**
   * Makes the error.
   *
   * @param message One line: "Cannot <verb> <object>: <why>; <what to do>".
   */
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, exitCode: EX_USAGE });
  }
}

/** A place in a source of configuration: a file's line and column (from 1), or a name such as `command line`. */
export interface Place {
  /** A path, `command line`, `code`, or `environment`. */
  readonly source: string;
  /** Line, from 1; for a command line, the position of the argument. */
  readonly line?: number;
  /** Column, from 1. */
  readonly column?: number;
}

/** `file:3:7`, or `command line` */
export function formatPlace(place: Place): string {
  let text = place.source;
  if (place.line !== undefined) text += `:${place.line}`;
  if (place.line !== undefined && place.column !== undefined) text += `:${place.column}`;
  return text;
}

/** An option is unknown, has a wrong type or value, or contradicts another. */
export class ConfigError extends TineError {
  /** The class, for messages. */
  override name = "ConfigError";
  /** The option's name, where there is one. */
  readonly option: string | undefined;
  /** Where the value was given. */
  readonly place: Place | undefined;

  /**
   * Makes the error.
   *
   * @param message One line: "Cannot <verb> <object>: <why>; <what to do>".
   */
  constructor(
    message: string,
    options: { cause?: unknown; option?: string; place?: Place } = {},
  ) {
    super(options.place ? `${formatPlace(options.place)}: ${message}` : message, {
      ...("cause" in options ? { cause: options.cause } : {}),
      exitCode: EX_CONFIG,
    });
    this.option = options.option;
    this.place = options.place;
  }
}

/** A call into the system failed. */
export class SystemError extends TineError {
  /** The class, for messages. */
  override name = "SystemError";
  /** The call, such as `bind`. */
  readonly call: string;
  /** The error's number on this system. */
  readonly errno: number;
  /** The error's name, such as `EADDRINUSE`. */
  readonly code: string;
  /** Why, without what was tried: `address already in use (EADDRINUSE)`. */
  readonly reason: string;

  /**
   * Makes the error.
   *
   * @param message One line: "Cannot <verb> <object>: <why>; <what to do>".
   */
  constructor(
    message: string,
    options: {
      call: string;
      errno: number;
      code: string;
      reason?: string;
      cause?: unknown;
      exitCode?: number;
    },
  ) {
    super(message, {
      ...("cause" in options ? { cause: options.cause } : {}),
      exitCode: options.exitCode ??
        (options.code === "EPERM" || options.code === "EACCES" ? EX_NOPERM : EX_OSERR),
    });
    this.call = options.call;
    this.errno = options.errno;
    this.code = options.code;
    this.reason = options.reason ?? options.code;
  }
}

/** A port cannot be bound. Exit status 69, or 77 where a right is missing. */
export class BindError extends TineError {
  /** The class, for messages. */
  override name = "BindError";
  /** The address, as a person would write it. */
  readonly address: string;

  /**
   * Makes the error.
   *
   * @param message One line: "Cannot <verb> <object>: <why>; <what to do>".
   */
  constructor(
    message: string,
    options: { address: string; cause?: unknown; exitCode?: number },
  ) {
    super(message, {
      ...("cause" in options ? { cause: options.cause } : {}),
      exitCode: options.exitCode ?? EX_UNAVAILABLE,
    });
    this.address = options.address;
  }
}

/** A user, group or root directory cannot be taken on, or was not given up for good. Exit status 77. */
export class PrivilegeError extends TineError {
  /** The class, for messages. */
  override name = "PrivilegeError";
  /**
   * Makes the error.
   *
   * @param message One line: "Cannot <verb> <object>: <why>; <what to do>".
   */
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, exitCode: EX_NOPERM });
  }
}

/** A child process cannot be started. */
export class SpawnError extends TineError {
  /** The class, for messages. */
  override name = "SpawnError";
  /**
   * Makes the error.
   *
   * @param message One line: "Cannot <verb> <object>: <why>; <what to do>".
   */
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, exitCode: EX_OSERR });
  }
}

/** The connection failed: reset, timed out or over a limit. Other connections are not affected. */
export class ConnectionError extends TineError {
  /** The class, for messages. */
  override name = "ConnectionError";
  /**
   * `ECONNRESET`, `EPIPE` or `ENOTCONN`: the client has gone. `ETIMEDOUT`: it was too slow. `EMSGSIZE`: a line was too
   * long. `ENODATA`: its end came in the middle of what was to be read. `ECANCELED`: the read was given up. `EBADF`: the
   * connection was closed on this side. `EDESTADDRREQ`: the sender of a datagram has no address to answer to. Else what
   * the system said of a call.
   */
  readonly code: string;

  /**
   * Makes the error.
   *
   * @param message One line: "Cannot <verb> <object>: <why>; <what to do>".
   */
  constructor(message: string, options: { code: string; cause?: unknown }) {
    super(message, "cause" in options ? { cause: options.cause } : {});
    this.code = options.code;
  }
}

/** Puts where it was given before a message. */
export function located(place: Place | undefined, message: string): string {
  return place === undefined ? message : `${formatPlace(place)}: ${message}`;
}
