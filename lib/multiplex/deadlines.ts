/**
 * Many deadlines, of which the next one is always known. Pure: the time is passed in.
 *
 * @module
 */

/** Something to do at a time. It can be set again and called off as often as one likes. */
export class Deadline {
  /** When, in the caller's clock. */
  at = Infinity;
  /** Where it stands in the heap; -1: nowhere. */
  index = -1;
  readonly ring: () => void;

  constructor(ring: () => void) {
    this.ring = ring;
  }
}

/** A binary heap whose entries know their place, so that one that moves costs no more than one that is new. */
export class Deadlines {
  readonly #heap: Deadline[] = [];

  /** When the next one is; Infinity if there is none. */
  get next(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Sets a deadline, in place of the time that it had. Infinity calls it off. */
  set(deadline: Deadline, at: number): void {
    this.#remove(deadline);
    deadline.at = at;
    if (at !== Infinity) this.#rise(deadline, this.#heap.length);
  }

  /** Rings those that are due. Each is off when it rings, and may set itself again. */
  ring(now: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      first.ring();
    }
  }

  #remove(deadline: Deadline): void {
    const { index } = deadline;
    if (index < 0) return;
    deadline.index = -1;
    const last = this.#heap.pop() as Deadline;
    if (last === deadline) return;
    // The last one takes its place, from where it may have to go either way.
    if (last.at < deadline.at) this.#rise(last, index);
    else this.#sink(last, index);
  }

  #place(deadline: Deadline, index: number): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }

  #rise(deadline: Deadline, from: number): void {
    let index = from;
    while (index > 0) {
      const above = this.#heap[(index - 1) >> 1] as Deadline;
      if (above.at <= deadline.at) break;
      this.#place(above, index);
      index = (index - 1) >> 1;
    }
    this.#place(deadline, index);
  }

  #sink(deadline: Deadline, from: number): void {
    let index = from;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const least = right !== undefined && right.at < (left as Deadline).at ? right : left;
      if (least === undefined || least.at >= deadline.at) break;
      const free = index;
      index = least.index;
      this.#place(least, free);
    }
    this.#place(deadline, index);
  }
}
