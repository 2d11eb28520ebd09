/**
 * The text of a Perl regular expression as a tree: the part of the language that can be matched in linear time, and of
 * that the part that all versions of Perl understand alike. All else is refused with a reason. Pure.
 *
 * @module
 */

import { addOtherCase, ANY, type ByteSet, ESCAPED_CLASSES, noBytes } from "./byte_set.ts";
import { parseClass } from "./class_parser.ts";
import { readByteEscape } from "./escape.ts";
import { Refused } from "./refused.ts";

/** A place between two bytes, as `^`, `$`, `\A`, `\z`, `\Z`, `\b` and `\B` name it. */
export type Place = "start" | "lineStart" | "end" | "lastLine" | "lineEnd" | "wordEdge" | "noWordEdge";

/** A part of a pattern. */
export type Node =
  | { readonly kind: "byte"; readonly byte: number }
  | { readonly kind: "set"; readonly set: ByteSet }
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "either"; readonly branches: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly min: number; readonly max: number };

/** The flags that a group can set: no case, `.` matches all, `^` and `$` at lines. */
interface Flags {
  readonly i: boolean;
  readonly s: boolean;
  readonly m: boolean;
}

const NO_FLAGS: Flags = { i: false, s: false, m: false };
/** How deep groups may lie in one another: the parser calls itself for each. */
const MAX_DEPTH = 100;

const ESCAPED_PLACES: Readonly<Record<string, Place>> = {
  A: "start",
  z: "end",
  Z: "lastLine",
  b: "wordEdge",
  B: "noWordEdge",
};

/** The beginnings of groups whose time has no bound, or that are no groups. The first that fits counts. */
const REFUSED_GROUPS: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/y, "it looks ahead or behind"],
  [/\(\?>/y, "it has an atomic group"],
  [/\(\?#/y, "it has a comment"],
  [/\(\?\(/y, "it has a condition"],
  [/\(\?\??\{/y, "it has Perl code in it"],
  [/\(\?(?:R|[+-]?\d|&|P[>=])/y, "it calls one of its own groups"],
  [/\(\*/y, "it has a verb for backtracking"],
];

/** A group's beginning that is understood: with flags, named, or plain. */
const GROUP = /\((?:\?(?:(?<flags>\^?[a-zA-Z]*(?:-[a-zA-Z]+)?)(?<end>[:)])|(?:P?<[A-Za-z_]\w*>|\|)))?/y;

/** Reads one pattern. */
class PatternParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #flags = NO_FLAGS;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node {
    const node = this.#either();
    if (this.#at < this.#text.length) throw this.#refuse("it closes a group that is not open");
    return node;
  }

  #refuse(reason: string, at: number = this.#at): Refused {
    return new Refused(reason, at);
  }

  /** What `regexp`, a sticky one, matches here; it is not passed over. */
  #look(regexp: RegExp): RegExpExecArray | null {
    regexp.lastIndex = this.#at;
    return regexp.exec(this.#text);
  }

  /** Alternatives, up to the end of their group. Flags that are set within one hold in those after it as well. */
  #either(): Node {
    const branches = [this.#sequence()];
    while (this.#text[this.#at] === "|") {
      this.#at++;
      branches.push(this.#sequence());
    }
    return branches.length === 1 ? branches[0] as Node : { kind: "either", branches };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at] as string)) {
      const atom = this.#atom();
      // `(?i)` is nothing to match or to repeat.
      if (atom !== undefined) parts.push(this.#repeated(atom));
    }
    return parts.length === 1 ? parts[0] as Node : { kind: "sequence", parts };
  }

  /** `node` with the repeat that follows it, if one does. */
  #repeated(node: Node): Node {
    const found = this.#look(/[*+?]|\{(\d+)(,?)(\d*)\}/y);
    if (found === null) return node;
    const start = this.#at;
    const [sign, least = "", comma, most] = found;
    const [min, max] = sign === "*"
      ? [0, Infinity]
      : sign === "+"
      ? [1, Infinity]
      : sign === "?"
      ? [0, 1]
      : [Number(least), comma === "" ? Number(least) : most === "" ? Infinity : Number(most)];
    if (max < min) throw this.#refuse(`${sign} asks for at least ${min} and at most ${max}`);
    this.#at += sign.length;
    // As few or as many as possible: that makes no difference to whether there is a match.
    if (this.#text[this.#at] === "?") this.#at++;
    else if (this.#text[this.#at] === "+") throw this.#refuse("it has a possessive repeat", start);
    if (this.#look(/[*+?]|\{\d*,?\d*\}/y)) throw this.#refuse("it repeats a repeat");
    return { kind: "repeat", node, min, max };
  }

  #atom(): Node | undefined {
    const char = this.#text[this.#at] as string;
    switch (char) {
      case "(":
        return this.#group();
      case "[": {
        const { set, end } = parseClass(this.#text, this.#at, { ignoreCase: this.#flags.i });
        this.#at = end;
        return { kind: "set", set };
      }
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        throw this.#refuse(`${char} has nothing before it to repeat`);
      case "{":
        throw this.#refuse("{ is no repeat here, and as itself it is written \\{");
      case "^":
        this.#at++;
        return { kind: "place", place: this.#flags.m ? "lineStart" : "start" };
      case "$":
        this.#at++;
        return { kind: "place", place: this.#flags.m ? "lineEnd" : "lastLine" };
      case ".":
        this.#at++;
        return { kind: "set", set: this.#flags.s ? ANY.withNewline : ANY.withoutNewline };
    }
    const byte = char.charCodeAt(0);
    if (byte > 127) throw this.#refuse(`${char} is not ASCII`);
    this.#at++;
    return this.#literal(byte);
  }

  #literal(byte: number): Node {
    const isLetter = (byte | 32) >= 97 && (byte | 32) <= 122;
    if (!this.#flags.i || !isLetter) return { kind: "byte", byte };
    const set = noBytes();
    set[byte] = 1;
    addOtherCase(set);
    return { kind: "set", set };
  }

  #escape(): Node {
    const letter = this.#text[this.#at + 1];
    if (letter === undefined) throw this.#refuse("it ends in a backslash");
    const set = ESCAPED_CLASSES[letter];
    const place = ESCAPED_PLACES[letter];
    if (this.#look(/\\[bBN]\{/y)) throw this.#refuse(`\\${letter}{ is not known here`);
    if (set !== undefined || place !== undefined) this.#at += 2;
    if (set !== undefined) return { kind: "set", set };
    if (place !== undefined) return { kind: "place", place };
    if (this.#look(/\\(?:[1-9]|g[-\d{]|k[<{'])/y)) throw this.#refuse("it refers back to a group");
    const { byte, end } = readByteEscape(this.#text, this.#at);
    this.#at = end;
    return this.#literal(byte);
  }

  /** A group; undefined for flags that hold from here on, `(?i)`. */
  #group(): Node | undefined {
    const start = this.#at;
    for (const [beginning, reason] of REFUSED_GROUPS) {
      if (this.#look(beginning)) throw this.#refuse(reason);
    }
    const found = this.#look(GROUP) as RegExpExecArray;
    const { flags, end } = found.groups as { flags?: string; end?: string };
    if (found[0] === "(" && this.#text[this.#at + 1] === "?") throw this.#refuse("(? starts nothing known");
    if (++this.#depth > MAX_DEPTH) throw this.#refuse(`its groups lie more than ${MAX_DEPTH} deep`);
    const outer = this.#flags;
    if (flags !== undefined) this.#flags = this.#readFlags(flags);
    this.#at += found[0].length;
    if (end === ")") {
      this.#depth--;
      if (this.#look(/[*+?]|\{\d/y)) throw this.#refuse("it repeats flags");
      return undefined;
    }
    const node = this.#either();
    if (this.#text[this.#at] !== ")") throw this.#refuse("a group is not closed", start);
    this.#at++;
    this.#depth--;
    this.#flags = outer;
    return node;
  }

  /** `i`, `^s`, `m-i`. The flag `a` says what holds here anyway, as `d` and `n` do. */
  #readFlags(text: string): Flags {
    const [on = "", off = ""] = text.replace("^", "").split("-");
    const unknown = /[^imsadn]/.exec(on)?.[0] ?? /[^imsn]/.exec(off)?.[0];
    if (unknown !== undefined) throw this.#refuse(`the flag ${unknown} is not known here`);
    if (text.startsWith("^") && text.includes("-")) throw this.#refuse("after ^ no flag can be taken away");
    const base = text.startsWith("^") ? NO_FLAGS : this.#flags;
    const has = (flag: keyof Flags) => (base[flag] || on.includes(flag)) && !off.includes(flag);
    return { i: has("i"), s: has("s"), m: has("m") };
  }
}

/**
 * The tree of a pattern.
 *
 * @throws {Refused}
 */
export function parsePattern(text: string): Node {
  return new PatternParser(text).parse();
}
