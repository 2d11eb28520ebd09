/**
 * The client that a super-server has accepted and left on the standard descriptors.
 *
 * @module
 */

import process from "node:process";
import { StreamConnection } from "../connection/stream.ts";
import { toldAddresses } from "../connection/told_addresses.ts";
import type { Address } from "../address.ts";
import { UsageError } from "../errors.ts";
import { parseListenVariables } from "../listen/systemd.ts";
import { closeOnExec, duplicate, nullify } from "../os/descriptor.ts";
import { encodeSockaddr } from "../os/sockaddr.ts";
import { isListening } from "../os/listening_socket.ts";
import { localAddress, peerName, socketKind } from "../os/socket.ts";
import { runtime } from "../runtime/choose.ts";
import { isClients } from "./client_streams.ts";

/** What Net::Server::INET says of a client that it knows nothing about. */
const UNKNOWN: Address = { transport: "tcp", hostname: "0.0.0.0", port: 0 };

/** Keeps the log from the client, where standard error is the client's socket too, as under inetd. */
export function hideErrors(): void {
  if (isClients(2)) nullify(2);
}

/**
 * Takes the client. Standard input, and standard output if it is the client's, are `/dev/null` from now on: what
 * the program or a library prints does not end up in the middle of the dialogue.
 *
 * @throws {UsageError} if there is none
 */
export function takeClient(options: { timeout: number }): StreamConnection {
  const fd = takeSocket();
  const { peer, local } = addressesOf(fd);
  return new InetConnection(fd, { peer, local, timeout: options.timeout });
}

/** A connection whose own address may have been told. */
class InetConnection extends StreamConnection {
  readonly #local: Address;

  constructor(fd: number, options: { peer: Uint8Array; local: Address; timeout: number }) {
    super(fd, options);
    this.#local = options.local;
  }

  override get localAddr(): Address {
    return this.#local;
  }
}

function takeSocket(): number {
  const passed = takePassed();
  const kind = socketKind(0);
  if (kind === undefined && passed !== undefined) {
    closeOnExec(passed);
    return passed;
  }
  if (kind === undefined) {
    throw refusal(
      "standard input is no socket; start it from a super-server, such as tcpserver, xinetd or systemd",
    );
  }
  if (kind === "datagram") throw refusal("standard input is a datagram socket; give it a stream of its own");
  if (isListening(0)) {
    throw refusal(
      "standard input is a socket that listens; have the super-server accept (nowait, Accept=yes)",
    );
  }
  const isOutput = isClients(1);
  const fd = duplicate(0);
  nullify(0);
  if (isOutput) nullify(1);
  return fd;
}

function refusal(why: string): UsageError {
  return new UsageError(`Cannot serve as INET: ${why}`);
}

/** The connection that systemd passes, with `Accept=yes` and without `StandardInput=socket` (sd_listen_fds(3)). */
function takePassed(): number | undefined {
  const [first, ...more] = parseListenVariables({
    pid: runtime.takeVariable("LISTEN_PID"),
    fds: runtime.takeVariable("LISTEN_FDS"),
    names: runtime.takeVariable("LISTEN_FDNAMES"),
  }, process.pid);
  if (first === undefined || more.length > 0) return undefined;
  return socketKind(first.fd) === "stream" && !isListening(first.fd) ? first.fd : undefined;
}

function addressesOf(fd: number): { peer: Uint8Array; local: Address } {
  const local = localAddress(fd);
  const peer = peerName(fd);
  // A socket without a name is one end of a pair: who has the other end knows where the client is.
  const isPair = local.transport === "unix" && !local.path;
  if (peer !== undefined && !isPair) return { peer, local };
  const told = toldAddresses(process.env);
  if (told !== undefined) return { peer: encodeSockaddr(told.remote), local: told.local ?? local };
  return { peer: peer ?? encodeSockaddr(UNKNOWN), local };
}
