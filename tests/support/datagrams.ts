/**
 * Clients that send datagrams and hear the answers.
 *
 * @module
 */

import { createSocket, type Socket } from "node:dgram";
import { rmSync } from "node:fs";
import { closeFd } from "../../lib/os/descriptor.ts";
import { bindDatagram, receiveFrom, sendTo } from "../../lib/os/socket.ts";
import { until, within } from "./until.ts";

/** A client over UDP, of IPv4 or IPv6 as its server's address is. */
export class UdpClient {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #host: string;
  readonly #heard: { bytes: Uint8Array; from: string }[] = [];
  #wake: () => void = () => {};

  constructor(port: number, host = "127.0.0.1") {
    this.#port = port;
    this.#host = host;
    this.#socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    this.#socket.on("message", (bytes, { address, port }) => {
      this.#heard.push({ bytes, from: `${address} ${port}` });
      this.#wake();
    });
  }

  /** Sends a datagram. */
  send(text: string | Uint8Array): void {
    this.#socket.send(text, this.#port, this.#host);
  }

  /** The next answer; it must come from the address that was asked. */
  async hearBytes(): Promise<Uint8Array> {
    const next = async () => {
      while (this.#heard.length === 0) await new Promise<void>((resolve) => this.#wake = resolve);
      return this.#heard.shift() as { bytes: Uint8Array; from: string };
    };
    const { bytes, from } = await within(next(), "the answer to a datagram");
    if (from !== `${this.#host} ${this.#port}`) throw new Error(`The answer came from ${from}`);
    return bytes;
  }

  /** The same as text. */
  async hear(): Promise<string> {
    return new TextDecoder().decode(await this.hearBytes());
  }

  /** Sends a datagram and hears the answer. */
  async ask(text: string | Uint8Array): Promise<string> {
    this.send(text);
    return await this.hear();
  }

  close(): void {
    this.#socket.close();
  }
}

/** A client that sends datagrams to a unix socket. */
export class UnixDatagramClient {
  readonly #fd: number;
  readonly #path: string;
  readonly #server: string;

  /** @param path Where it is to be answered. */
  constructor(server: string, path: string) {
    this.#server = server;
    this.#path = path;
    this.#fd = bindDatagram({ transport: "unix", hostname: "", port: 0, path }, { v6Only: false });
  }

  /** Sends a datagram. */
  send(text: string): void {
    const to = { transport: "unix", hostname: "", port: 0, path: this.#server } as const;
    if (!sendTo(this.#fd, new TextEncoder().encode(text), to)) throw new Error("The server's queue is full");
  }

  /** Sends a datagram and hears the answer. */
  async ask(text: string): Promise<string> {
    this.send(text);
    const bytes = new Uint8Array(65536);
    const answer = await until(() => receiveFrom(this.#fd, bytes), "the answer to a datagram");
    return new TextDecoder().decode(bytes.subarray(0, answer?.length));
  }

  close(): void {
    closeFd(this.#fd);
    rmSync(this.#path, { force: true });
  }
}
