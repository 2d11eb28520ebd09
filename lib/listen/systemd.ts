/**
 * Sockets that systemd opened for this service (sd_listen_fds(3)): descriptors from 3 on.
 *
 * Other than the C call, this one takes a socket for a port that is configured and for nothing else: it is found by
 * its address, not by its name.
 *
 * @module
 */

import type { Log } from "../log/sink.ts";
import { LEVEL } from "../log/line_format.ts";
import process from "node:process";
import type { Address } from "../address.ts";
import { isListening } from "../os/listening_socket.ts";
import { localAddress, type SocketKind, socketKind } from "../os/socket.ts";
import { runtime } from "../runtime/choose.ts";
import { kindOf } from "./bind.ts";
import type { Target } from "./resolve.ts";

/** The first descriptor that systemd hands down (SD_LISTEN_FDS_START). */
const FIRST_FD = 3;

/** A descriptor that was handed down, with its name. */
export interface NamedDescriptor {
  /** The descriptor. */
  readonly fd: number;
  /** Of `FileDescriptorName=`; by default that of the socket unit. */
  readonly name: string;
}

/** A socket that was handed down. */
export interface PassedSocket extends NamedDescriptor {
  /** What it is bound to. */
  readonly address: Address;
  /** What it carries. */
  readonly kind: SocketKind;
}

/** The variables by which systemd tells of sockets. */
export interface ListenVariables {
  /** `LISTEN_PID`: the process that they are for. */
  readonly pid: string | undefined;
  /** `LISTEN_FDS`: how many there are. */
  readonly fds: string | undefined;
  /** `LISTEN_FDNAMES`: their names, with colons between them. */
  readonly names: string | undefined;
}

/** What the variables say to the process `own`; nothing if they are for another one. Pure. */
export function parseListenVariables({ pid, fds, names }: ListenVariables, own: number): NamedDescriptor[] {
  if (pid === undefined || fds === undefined || Number(pid) !== own || !/^\d{1,4}$/.test(fds)) return [];
  const list = names?.split(":") ?? [];
  return Array.from({ length: Number(fds) }, (_, i) => ({ fd: FIRST_FD + i, name: list[i] || "unknown" }));
}

/** The descriptors that systemd handed to this process. The variables stay as they are. */
export function systemdDescriptors(): readonly number[] {
  const { LISTEN_PID: pid, LISTEN_FDS: fds } = runtime.environment();
  return parseListenVariables({ pid, fds, names: undefined }, process.pid).map(({ fd }) => fd);
}

/**
 * Takes the sockets that systemd handed down, and the variables out of the environment, so that no child takes them
 * for its own. A descriptor that is no socket to serve from is left alone and told of in the log.
 */
export function takeSystemdSockets(log: Log): PassedSocket[] {
  const variables = {
    pid: runtime.takeVariable("LISTEN_PID"),
    fds: runtime.takeVariable("LISTEN_FDS"),
    names: runtime.takeVariable("LISTEN_FDNAMES"),
  };
  return parseListenVariables(variables, process.pid).flatMap(({ fd, name }) => {
    const kind = socketKind(fd);
    if (kind === undefined || (kind === "stream" && !isListening(fd))) {
      log(LEVEL.warning, `Not using the descriptor ${fd} (${name}) of systemd: it is not a listening socket`);
      return [];
    }
    return [{ fd, name, address: localAddress(fd), kind }];
  });
}

/** Whether a socket is the one that a port asks for. Pure. */
export function isSocketFor({ address, kind }: Omit<PassedSocket, "fd" | "name">, target: Target): boolean {
  if (kind !== kindOf(target.proto)) return false;
  const wanted = target.address;
  if (wanted.transport === "unix" || address.transport === "unix") {
    return wanted.transport === address.transport && wanted.path === address.path;
  }
  return wanted.hostname === address.hostname && wanted.port === address.port;
}
