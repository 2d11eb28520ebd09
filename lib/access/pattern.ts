/**
 * Matching a pattern in linear time: all ways through it are followed at once, a byte at a time, so that no text,
 * however hostile, takes more than about 4 × (length + 1) × {@linkcode MAX_INSTRUCTIONS} steps. (Thompson, Regular
 * Expression Search Algorithm, CACM 11:6, 1968.) Pure.
 *
 * A backtracking engine, such as the runtime's own, may take a time that doubles with each byte; and it reads another
 * language: `(?i)`, `\Z`, `[[:alpha:]]` and a `$` before an end of line are Perl's.
 *
 * @module
 */

import { type ByteSet, isWordByte } from "./byte_set.ts";
import { type Node, parsePattern, type Place } from "./pattern_parser.ts";
import { Refused } from "./refused.ts";

/** The most instructions that a pattern may become: repeats with numbers are written out. */
export const MAX_INSTRUCTIONS = 4000;
/** The longest text of a pattern. */
const MAX_PATTERN_LENGTH = 4000;

type Instruction =
  | { readonly op: "byte"; readonly byte: number }
  | { readonly op: "set"; readonly set: ByteSet }
  | { readonly op: "place"; readonly place: Place }
  | { readonly op: "fork"; to: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "match" };

/** How many instructions a part becomes. Found before they are made, as a short text may ask for very many. */
function sizeOf(node: Node): number {
  switch (node.kind) {
    case "sequence":
      return node.parts.reduce((sum, part) => sum + sizeOf(part), 0);
    case "either":
      return node.branches.reduce((sum, branch) => sum + sizeOf(branch) + 2, 0);
    case "repeat": {
      // Even nothing at all is not repeated without a bound.
      const size = Math.max(1, sizeOf(node.node));
      return node.max === Infinity ? size * (node.min + 1) + 2 : size * node.max + node.max - node.min;
    }
    default:
      return 1;
  }
}

/** Writes the instructions of `node` behind those that are there. */
function emit(node: Node, code: Instruction[]): void {
  switch (node.kind) {
    case "byte":
      code.push({ op: "byte", byte: node.byte });
      break;
    case "set":
      code.push({ op: "set", set: node.set });
      break;
    case "place":
      code.push({ op: "place", place: node.place });
      break;
    case "sequence":
      for (const part of node.parts) emit(part, code);
      break;
    case "either":
      emitEither(node.branches, code);
      break;
    case "repeat":
      emitRepeat(node, code);
  }
}

function emitEither(branches: readonly Node[], code: Instruction[]): void {
  const ends: { to: number }[] = [];
  branches.forEach((branch, i) => {
    if (i === branches.length - 1) return emit(branch, code);
    const fork = { op: "fork" as const, to: 0 };
    const jump = { op: "jump" as const, to: 0 };
    code.push(fork);
    emit(branch, code);
    code.push(jump);
    fork.to = code.length;
    ends.push(jump);
  });
  for (const end of ends) end.to = code.length;
}

function emitRepeat({ node, min, max }: Node & { kind: "repeat" }, code: Instruction[]): void {
  for (let i = 0; i < min; i++) emit(node, code);
  if (max === Infinity) {
    const start = code.length;
    const fork = { op: "fork" as const, to: 0 };
    code.push(fork);
    emit(node, code);
    code.push({ op: "jump", to: start });
    fork.to = code.length;
    return;
  }
  const forks: { to: number }[] = [];
  for (let i = min; i < max; i++) {
    const fork = { op: "fork" as const, to: 0 };
    code.push(fork);
    emit(node, code);
    forks.push(fork);
  }
  for (const fork of forks) fork.to = code.length;
}

/** Whether a match can begin at the start of the text alone. */
function isAnchored(node: Node): boolean {
  switch (node.kind) {
    case "place":
      return node.place === "start";
    case "sequence":
      return node.parts.length > 0 && isAnchored(node.parts[0] as Node);
    case "either":
      return node.branches.every(isAnchored);
    case "repeat":
      return node.min > 0 && isAnchored(node.node);
    default:
      return false;
  }
}

/** Whether `place` is at `at` in `text`. */
function isAt(place: Place, text: Uint8Array, at: number): boolean {
  const isEnd = at === text.length;
  switch (place) {
    case "start":
      return at === 0;
    case "lineStart":
      // Behind the last end of line no line starts (perlre, /m).
      return at === 0 || (text[at - 1] === 10 && !isEnd);
    case "end":
      return isEnd;
    case "lastLine":
      return isEnd || (at === text.length - 1 && text[at] === 10);
    case "lineEnd":
      return isEnd || text[at] === 10;
  }
  const isEdge = isWordByte(text[at - 1] ?? -1) !== isWordByte(text[at] ?? -1);
  return isEdge === (place === "wordEdge");
}

/** A Perl regular expression that is matched in linear time. */
export class Pattern {
  /** How many steps the last {@linkcode test} took: its cost, whatever the machine. */
  steps = 0;
  readonly #code: readonly Instruction[];
  readonly #isAnchored: boolean;
  /** For each instruction, where in the text it was last reached. */
  readonly #reached: Int32Array;
  readonly #stack: number[] = [];

  /**
   * Reads the pattern.
   *
   * @throws {Refused} if the text is no pattern, or one that cannot be matched in linear time
   */
  constructor(text: string) {
    if (text.length > MAX_PATTERN_LENGTH) {
      throw new Refused(`it is longer than ${MAX_PATTERN_LENGTH} characters`);
    }
    const tree = parsePattern(text);
    if (sizeOf(tree) >= MAX_INSTRUCTIONS) throw new Refused("its repeats with numbers make it too large");
    const code: Instruction[] = [];
    emit(tree, code);
    code.push({ op: "match" });
    this.#code = code;
    this.#isAnchored = isAnchored(tree);
    this.#reached = new Int32Array(code.length);
  }

  /** How many instructions it became. */
  get size(): number {
    return this.#code.length;
  }

  /** Whether the pattern matches anywhere in `text`, as Perl's `=~` does. */
  test(text: Uint8Array): boolean {
    this.steps = 0;
    this.#reached.fill(-1);
    let threads: number[] = [];
    for (let at = 0; at <= text.length; at++) {
      if ((at === 0 || !this.#isAnchored) && this.#follow(0, text, at, threads)) return true;
      if (threads.length === 0 && this.#isAnchored) return false;
      const next: number[] = [];
      const byte = text[at];
      if (byte === undefined) return false;
      for (const pc of threads) {
        this.steps++;
        const instruction = this.#code[pc] as Instruction;
        const fits = instruction.op === "byte"
          ? instruction.byte === byte
          : instruction.op === "set" && instruction.set[byte] === 1;
        if (fits && this.#follow(pc + 1, text, at + 1, next)) return true;
      }
      threads = next;
    }
    return false;
  }

  /**
   * Goes from `pc` wherever it is possible without taking a byte, and puts the instructions that take one into
   * `threads`, each once. True if the end of the pattern is among them.
   */
  #follow(pc: number, text: Uint8Array, at: number, threads: number[]): boolean {
    const stack = this.#stack;
    stack.length = 0;
    stack.push(pc);
    for (let here = stack.pop(); here !== undefined; here = stack.pop()) {
      this.steps++;
      if (this.#reached[here] === at) continue;
      this.#reached[here] = at;
      const instruction = this.#code[here] as Instruction;
      switch (instruction.op) {
        case "match":
          return true;
        case "jump":
          stack.push(instruction.to);
          break;
        case "fork":
          stack.push(instruction.to, here + 1);
          break;
        case "place":
          if (isAt(instruction.place, text, at)) stack.push(here + 1);
          break;
        default:
          threads.push(here);
      }
    }
    return false;
  }
}
