/**
 * The beginning of every answer, which changes once a second.
 *
 * @module
 */

/** `Date` and `Server`, as text. */
export class StandingFields {
  readonly #server: string;
  #second = 0;
  #date = "";
  #both = "";

  /** @param revision What `Server` says; empty for none. */
  constructor(revision: string) {
    this.#server = revision === "" ? "" : `Server: ${revision}\r\n`;
  }

  #renew(): void {
    const second = Math.floor(Date.now() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#date = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
    this.#both = this.#date + this.#server;
  }

  /** Both fields. */
  get both(): string {
    this.#renew();
    return this.#both;
  }

  /** The field `Date` (RFC 9110 §6.6.1). */
  get date(): string {
    this.#renew();
    return this.#date;
  }

  /** The field `Server` (RFC 9110 §10.2.4). */
  get server(): string {
    return this.#server;
  }
}
