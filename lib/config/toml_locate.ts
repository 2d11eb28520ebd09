/**
 * Where each key and value of a TOML document stands. The parser gives a place for errors of syntax only.
 *
 * @module
 */

/** A place in a text, both from 1. */
export interface Position {
  /** Line. */
  readonly line: number;
  /** Column, in UTF-16 units. */
  readonly column: number;
}

/** A path of keys and array indices, as {@linkcode pathKey} writes it, to where its value begins. */
export type Positions = ReadonlyMap<string, Position>;

/** A comment of a document. */
export interface Comment {
  /** Its line, from 1. */
  readonly line: number;
  /** The comment, from its `#` on. */
  readonly text: string;
}

/** What stands where in a document. */
export interface Layout {
  /** Values. */
  readonly positions: Positions;
  /** Keys. */
  readonly keys: Positions;
  /** Comments, in order. */
  readonly comments: readonly Comment[];
  /** The numbers of the lines with nothing in them, outside strings. */
  readonly blankLines: readonly number[];
}

/** The path of keys and array indices as a key of {@linkcode Positions}. */
export function pathKey(path: readonly (string | number)[]): string {
  return JSON.stringify(path);
}

type Path = readonly (string | number)[];

/**
 * Finds keys, values, comments and blank lines of a document that a TOML parser has accepted; of any other document,
 * it finds what it can. A table that a header opens is found where the header begins.
 */
export function layoutOf(text: string): Layout {
  return new Locator(text).run();
}

class Locator {
  readonly #text: string;
  readonly #positions = new Map<string, Position>();
  readonly #keyPositions = new Map<string, Position>();
  readonly #tableCounts = new Map<string, number>();
  readonly #comments: Comment[] = [];
  readonly #blankLines: number[] = [];
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Layout {
    let table: Path = [];
    for (this.#skipBlank(); this.#at < this.#text.length; this.#skipBlank()) {
      if (this.#peek() === "[") {
        table = this.#header();
      } else {
        this.#pair(table);
      }
    }
    return {
      positions: this.#positions,
      keys: this.#keyPositions,
      comments: this.#comments,
      blankLines: this.#blankLines,
    };
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #step(count = 1): void {
    for (; count > 0 && this.#at < this.#text.length; count--) {
      if (this.#text[this.#at++] === "\n") {
        this.#line++;
        this.#lineStart = this.#at;
      }
    }
  }

  /** Passes whitespace, line ends and comments. */
  #skipBlank(): void {
    for (;;) {
      if (/\s/.test(this.#peek())) {
        const isEnd = this.#peek() === "\n";
        if (isEnd && this.#text.slice(this.#lineStart, this.#at).trim() === "") {
          this.#blankLines.push(this.#line);
        }
        this.#step();
      } else if (this.#peek() === "#") {
        const start = this.#at;
        while (this.#at < this.#text.length && this.#peek() !== "\n") this.#step();
        this.#comments.push({ line: this.#line, text: this.#text.slice(start, this.#at).trimEnd() });
      } else {
        return;
      }
    }
  }

  #here(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  /** The first place of a path is the one that counts. */
  #mark(path: Path, position: Position, positions = this.#positions): void {
    const key = pathKey(path);
    if (!positions.has(key)) positions.set(key, position);
  }

  /** `[a.b]` or `[[a.b]]`: the path of the table that it opens. */
  #header(): Path {
    const begin = this.#here();
    const isArray = this.#text.startsWith("[[", this.#at);
    this.#step(isArray ? 2 : 1);
    const keys = this.#keys();
    this.#skipBlank();
    this.#step(isArray ? 2 : 1);
    let path: (string | number)[] = [];
    keys.forEach((key, depth) => {
      path = [...path, key];
      const name = pathKey(path);
      const count = this.#tableCounts.get(name);
      if (isArray && depth === keys.length - 1) {
        this.#tableCounts.set(name, (count ?? 0) + 1);
        this.#mark(path, begin);
        path = [...path, count ?? 0];
      } else if (count !== undefined) {
        path = [...path, count - 1];
      }
    });
    this.#mark(path, begin);
    this.#mark(keys, begin, this.#keyPositions);
    this.#mark(path, begin, this.#keyPositions);
    return path;
  }

  /** `a.b = value` */
  #pair(table: Path): void {
    const before = this.#at;
    const begin = this.#here();
    const path = [...table, ...this.#keys()];
    this.#mark(path, begin, this.#keyPositions);
    this.#skipBlank();
    if (this.#peek() === "=") this.#step();
    this.#skipBlank();
    this.#value(path);
    // Text that is no TOML must not hold this loop.
    if (this.#at === before) this.#step();
  }

  /** A key with its dots: bare, quoted or mixed. */
  #keys(): string[] {
    const keys: string[] = [];
    for (;;) {
      this.#skipBlank();
      if (/["']/.test(this.#peek())) {
        keys.push(this.#string());
      } else {
        const start = this.#at;
        while (/[\w-]/.test(this.#peek())) this.#step();
        keys.push(this.#text.slice(start, this.#at));
      }
      this.#skipBlank();
      if (this.#peek() !== ".") return keys;
      this.#step();
    }
  }

  #value(path: Path): void {
    this.#mark(path, this.#here());
    const first = this.#peek();
    if (first === "[") {
      this.#items("]", (index) => this.#value([...path, index]));
    } else if (first === "{") {
      this.#items("}", () => this.#pair(path));
    } else if (first === '"' || first === "'") {
      this.#string();
    } else {
      // A date may have a blank in it, which does no harm: what follows the blank is passed as a key without a value.
      while (this.#at < this.#text.length && !/[,\]}#\n]/.test(this.#peek())) this.#step();
    }
  }

  #items(close: string, item: (index: number) => void): void {
    this.#step();
    for (let index = 0;; index++) {
      this.#skipBlank();
      if (this.#at >= this.#text.length) return;
      if (this.#peek() === close) return this.#step();
      const before = this.#at;
      item(index);
      this.#skipBlank();
      if (this.#peek() === ",") this.#step();
      if (this.#at === before) return;
    }
  }

  /** Passes a string of any of the four forms; its content with the escapes of a key resolved. */
  #string(): string {
    const quote = this.#peek();
    const triple = this.#text.startsWith(quote.repeat(3), this.#at);
    const close = triple ? quote.repeat(3) : quote;
    this.#step(close.length);
    const start = this.#at;
    while (this.#at < this.#text.length && !this.#text.startsWith(close, this.#at)) {
      this.#step(quote === '"' && this.#peek() === "\\" ? 2 : 1);
    }
    const content = this.#text.slice(start, this.#at);
    this.#step(close.length);
    // A triple-quoted string may end in up to two quotes of its own.
    while (triple && this.#peek() === quote) this.#step();
    if (quote === "'") return content;
    try {
      return String(JSON.parse(`"${content}"`));
    } catch {
      return content;
    }
  }
}
