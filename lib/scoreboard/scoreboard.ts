/**
 * The scoreboard: what each child is doing, in memory that parent and children share. A child writes to its own
 * slot only, without a message or a system call.
 *
 * @module
 */

import { createSharedMemory, mapSharedMemory } from "../os/shared_memory.ts";
import { constants as c } from "../os/constants.ts";
import { familyOf } from "../os/sockaddr.ts";
import { DOUBLE, SLOT_SIZE, STATE, type State, STATES, WORD } from "./layout.ts";

/** One child's slot. */
export class Slot {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;

  constructor(memory: ArrayBuffer, index: number) {
    this.#words = new Int32Array(memory, index * SLOT_SIZE, SLOT_SIZE / 4);
    this.#doubles = new Float64Array(memory, index * SLOT_SIZE, SLOT_SIZE / 8);
  }

  get pid(): number {
    return this.#words[WORD.pid] as number;
  }

  get state(): State {
    return STATES[this.#words[WORD.state] as number] ?? "free";
  }

  /** Clients accepted. */
  get requests(): number {
    return this.#words[WORD.requests] as number;
  }

  /** Whether its successor should be started. */
  get retiring(): boolean {
    return this.#words[WORD.retiring] === 1;
  }

  /** When the child was started, in milliseconds since 1970. */
  get started(): number {
    return this.#doubles[DOUBLE.started] as number;
  }

  /** When the state last changed, in milliseconds since 1970. */
  get changed(): number {
    return this.#doubles[DOUBLE.changed] as number;
  }

  /** Takes the slot for a child that is being started. */
  claim(now: number): void {
    this.#words.fill(0);
    this.#doubles[DOUBLE.started] = this.#doubles[DOUBLE.changed] = now;
    this.#words[WORD.state] = STATE.starting;
  }

  /** Gives the slot back. */
  free(): void {
    this.#words.fill(0);
  }

  setPid(pid: number): void {
    this.#words[WORD.pid] = pid;
  }

  setState(state: number, now: number): void {
    this.#words[WORD.state] = state;
    this.#doubles[DOUBLE.changed] = now;
  }

  setRequests(requests: number): void {
    this.#words[WORD.requests] = requests;
  }

  /** Clients denied, of those that were accepted. */
  get denied(): number {
    return this.#words[WORD.denied] as number;
  }

  countDenied(): void {
    this.#words[WORD.denied] = this.denied + 1;
  }

  /** The generation of the token by which the child may listen; 0: it has none. */
  get token(): number {
    return this.#words[WORD.token] as number;
  }

  setToken(generation: number): void {
    this.#words[WORD.token] = generation;
  }

  /** The address of the client: the words behind its family, and the port. Undefined where none is told. */
  get peer(): { readonly family: 4 | 6; readonly port: number; readonly words: Int32Array } | undefined {
    const family = this.#words[WORD.peerFamily];
    if (family !== 4 && family !== 6) return undefined;
    const words = this.#words.slice(WORD.peerAddress, WORD.peerAddress + 4);
    return { family, port: this.#words[WORD.peerPort] as number, words };
  }

  /** Tells who the client is, by its `struct sockaddr`. That of a Unix socket has no address. */
  setPeer(sockaddr: Uint8Array): void {
    const words = this.#words;
    const family = familyOf(sockaddr);
    const isV6 = family === c.AF_INET6;
    // Whoever reads in between finds none.
    words[WORD.peerFamily] = 0;
    if (!isV6 && family !== c.AF_INET) return;
    for (let i = 0, at = isV6 ? 8 : 4; i < (isV6 ? 4 : 1); i++, at += 4) {
      words[WORD.peerAddress + i] = (sockaddr[at] as number) | (sockaddr[at + 1] as number) << 8 |
        (sockaddr[at + 2] as number) << 16 | (sockaddr[at + 3] as number) << 24;
    }
    words[WORD.peerPort] = (sockaddr[2] as number) << 8 | (sockaddr[3] as number);
    words[WORD.peerFamily] = isV6 ? 6 : 4;
  }

  /** There is no client any more. */
  clearPeer(): void {
    this.#words[WORD.peerFamily] = 0;
  }

  /** Whether the child wants the server to stop. It is told once. */
  takeStopAsked(): boolean {
    const isAsked = this.#words[WORD.stopAsked] === 1;
    if (isAsked) this.#words[WORD.stopAsked] = 0;
    return isAsked;
  }

  /** Lets the parent know, which is woken by `waker`, that the server is to stop. */
  askToStop(waker: { wake(): void }): void {
    this.#words[WORD.stopAsked] = 1;
    waker.wake();
  }

  setRetiring(): void {
    this.#words[WORD.retiring] = 1;
  }

  /** Whether the child is to serve on beyond `max_requests`: no successor can be started. */
  get held(): boolean {
    return this.#words[WORD.held] === 1;
  }

  /** Keeps the child beyond `max_requests`. */
  hold(): void {
    this.#words[WORD.held] = 1;
  }

  /** Lets it leave when it has served its clients. */
  letGo(): void {
    this.#words[WORD.held] = 0;
  }
}

/** All slots. The first belongs to no child. */
export class Scoreboard {
  /** The descriptor that children map it by. */
  readonly fd: number;
  readonly #memory: ArrayBuffer;
  readonly #used: boolean[];

  private constructor(fd: number, memory: ArrayBuffer) {
    this.fd = fd;
    this.#memory = memory;
    this.#used = new Array(memory.byteLength / SLOT_SIZE).fill(false);
    this.#used[0] = true;
  }

  /** Creates a scoreboard for up to `capacity` children. Untouched slots take no memory. */
  static create(capacity: number): Scoreboard {
    const { fd, bytes } = createSharedMemory("scoreboard", (capacity + 1) * SLOT_SIZE);
    return new Scoreboard(fd, bytes);
  }

  /** The scoreboard of the children from before a restart, to be read. */
  static takeOver({ fd, capacity }: { readonly fd: number; readonly capacity: number }): Scoreboard {
    return new Scoreboard(fd, mapSharedMemory(fd, (capacity + 1) * SLOT_SIZE));
  }

  /** The slot with this index. */
  slot(index: number): Slot {
    return new Slot(this.#memory, index);
  }

  /** How many children it has room for. */
  get capacity(): number {
    return this.#used.length - 1;
  }

  /** The memory itself. */
  get memory(): ArrayBuffer {
    return this.#memory;
  }

  /** Maps one slot of a parent's scoreboard. */
  static attach(fd: number, index: number): Slot {
    // A mapping begins at a page; the pages before the slot are not touched and cost nothing.
    return new Slot(mapSharedMemory(fd, (index + 1) * SLOT_SIZE), index);
  }

  /** Takes a free slot; undefined where there is none left. */
  claim(now: number): { index: number; slot: Slot } | undefined {
    const index = this.#used.indexOf(false);
    if (index < 0) return undefined;
    this.#used[index] = true;
    const slot = new Slot(this.#memory, index);
    slot.claim(now);
    return { index, slot };
  }

  /** Gives a slot back. */
  release(index: number): void {
    this.#used[index] = false;
    new Slot(this.#memory, index).free();
  }
}
