/**
 * An error as another process is told of it: what it is, where, and with which status a program should end for it.
 *
 * @module
 */

import {
  BindError,
  ConfigError,
  formatPlace,
  type Place,
  PrivilegeError,
  SpawnError,
  SystemError,
  TineError,
  UsageError,
} from "../errors.ts";
import { describeFailure } from "./failure.ts";

/** An error in plain values. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly exitCode: number;
  /** Of a {@linkcode ConfigError}. */
  readonly option?: string | undefined;
  readonly place?: Place | undefined;
  /** Of a {@linkcode BindError}. */
  readonly address?: string;
  /** Of a {@linkcode SystemError}. */
  readonly call?: string;
  readonly errno?: number;
  readonly code?: string;
  readonly reason?: string;
}

/** Writes an error down. Pure. */
export function recordError(error: unknown): ErrorRecord {
  const { text: message, exitCode } = describeFailure(error);
  const name = error instanceof TineError ? error.name : "TineError";
  const common = { name, message, exitCode };
  if (error instanceof ConfigError) return { ...common, option: error.option, place: error.place };
  if (error instanceof BindError) return { ...common, address: error.address };
  if (error instanceof SystemError) {
    const { call, errno, code, reason } = error;
    return { ...common, call, errno, code, reason };
  }
  return common;
}

/** The error that was written down, of its own class again. Pure. */
export function errorOf(record: ErrorRecord): TineError {
  const { name, message, exitCode, option, place, address = "", call = "", errno = 0, code = "" } = record;
  switch (name) {
    case "ConfigError": {
      // The class puts the place before the message.
      const prefix = place === undefined ? "" : `${formatPlace(place)}: `;
      return new ConfigError(message.startsWith(prefix) ? message.slice(prefix.length) : message, {
        ...(option === undefined ? {} : { option }),
        ...(place === undefined ? {} : { place }),
      });
    }
    case "BindError":
      return new BindError(message, { address, exitCode });
    case "SystemError":
      return new SystemError(message, { call, errno, code, reason: record.reason ?? code, exitCode });
    case "PrivilegeError":
      return new PrivilegeError(message);
    case "SpawnError":
      return new SpawnError(message);
    case "UsageError":
      return new UsageError(message);
    default:
      return new TineError(message, { exitCode });
  }
}
