/**
 * An address, as listeners, connections and logs have it.
 *
 * @module
 */

/** An address that a server listens on, or that a peer has. */
export interface Address {
  /** `tcp`, `udp` or `unix`. */
  readonly transport: "tcp" | "udp" | "unix";
  /** The host's address: `127.0.0.1`, `::1`. Empty for `unix`. */
  readonly hostname: string;
  /** The port. 0 for `unix`. */
  readonly port: number;
  /** The path of a `unix` socket. */
  readonly path?: string;
}
