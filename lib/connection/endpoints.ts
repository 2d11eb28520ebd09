/**
 * The two ends of a socket.
 *
 * @module
 */

import type { Address } from "../address.ts";
import { decodeSockaddr } from "../os/sockaddr.ts";
import { localAddress } from "../os/socket.ts";

/**
 * The two ends of a client's connection, as `Deno.Conn` names them, and as Net::Server names them among the properties
 * of its server.
 */
export class Endpoints {
  /** The descriptor of the socket. It is not to be closed by other means. */
  readonly fd: number;
  /**
   * The client's host name (`peerhost`), with `reverse_lookups` and if one was found in time. Whether it is the client's
   * own is known with `double_reverse_lookups` alone.
   */
  declare peerhost?: string;

  readonly #peer: Uint8Array;
  #remote: Address | undefined;
  #local: Address | undefined;

  /**
   * Takes the ends of a socket.
   *
   * @param fd The socket.
   * @param peer The `struct sockaddr` of the other end.
   */
  constructor(fd: number, peer: Uint8Array) {
    this.fd = fd;
    this.#peer = peer;
  }

  /** The other end's address, as `Deno.Conn` has it. */
  get remoteAddr(): Address {
    return this.#remote ??= decodeSockaddr(this.#peer, this.#peer.length);
  }

  /** This end's address. */
  get localAddr(): Address {
    return this.#local ??= localAddress(this.fd);
  }

  /** The client's address, such as `192.0.2.1` (`peeraddr`); undefined on a unix socket. */
  get peeraddr(): string | undefined {
    return this.remoteAddr.hostname || undefined;
  }

  /** The client's port (`peerport`); undefined on a unix socket. */
  get peerport(): number | undefined {
    return this.remoteAddr.transport === "unix" ? undefined : this.remoteAddr.port;
  }

  /** The address that the client connected to (`sockaddr`); undefined on a unix socket. */
  get sockaddr(): string | undefined {
    return this.localAddr.hostname || undefined;
  }

  /** The port that the client connected to (`sockport`); undefined on a unix socket. */
  get sockport(): number | undefined {
    return this.localAddr.transport === "unix" ? undefined : this.localAddr.port;
  }
}
