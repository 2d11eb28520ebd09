/**
 * When the clients of a process have waited for too long: one timer for all of them.
 *
 * @module
 */

import { setAlarm } from "../process/alarm.ts";

/** Who has a deadline. */
export interface Timed {
  /** When it is, by `performance.now()`; Infinity for never. */
  deadline: number;
  /** It has come. */
  expire(): void;
}

/** The deadlines of all clients. */
export class Deadlines<Member extends Timed = Timed> {
  readonly #members = new Set<Member>();
  #next = Infinity;
  #callOff: () => void = () => {};
  readonly #ring = () => this.#judge();

  /** Who has a deadline from now on. */
  add(member: Member): void {
    this.#members.add(member);
  }

  /** Who has none any more. */
  delete(member: Member): void {
    this.#members.delete(member);
  }

  /** All of them. */
  get members(): Iterable<Member> {
    return this.#members;
  }

  /** How many there are. */
  get size(): number {
    return this.#members.size;
  }

  /** Sets a deadline, so many milliseconds ahead; 0 for none. */
  set(member: Member, delayMs: number): void {
    member.deadline = delayMs > 0 ? performance.now() + delayMs : Infinity;
    if (member.deadline < this.#next) this.#arm(member.deadline);
  }

  #arm(at: number): void {
    this.#callOff();
    this.#next = at;
    this.#callOff = setAlarm(at - performance.now(), this.#ring);
  }

  #judge(): void {
    const now = performance.now();
    let next = Infinity;
    for (const member of this.#members) {
      if (member.deadline <= now) {
        member.deadline = Infinity;
        member.expire();
      }
      if (member.deadline < next) next = member.deadline;
    }
    this.#next = Infinity;
    if (next < Infinity) this.#arm(next);
  }
}
