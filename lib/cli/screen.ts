/**
 * A terminal as a screen: the alternate one, which leaves what was there as it was, with keys one by one.
 *
 * @module
 */

import process from "node:process";
import { wantsColours } from "../process/print_error.ts";
import { writeAll } from "../os/write_all.ts";
import { runtime } from "../runtime/choose.ts";
import type { LineKind, ScreenLine } from "./top_screen.ts";

/** ECMA-48 and xterm: the alternate screen, and the cursor. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
const PLAIN = "\x1b[0m";

const COLOURS: Readonly<Record<LineKind, string>> = {
  title: "\x1b[1m",
  plain: "",
  heading: "\x1b[7m",
  busy: "\x1b[32m",
  looping: "\x1b[1;31m",
  note: "\x1b[33m",
  keys: "\x1b[2m",
};

/** What ends the use of a screen from outside. */
const ENDING_SIGNALS = ["INT", "TERM", "HUP", "QUIT"] as const;

/** The end of a screen: by the user, or by a signal. */
export type ScreenEnd = "quit" | (typeof ENDING_SIGNALS)[number];

/** What a screen calls. */
export interface ScreenEvents {
  /** A key, as the terminal sends it. */
  readonly key: (key: string) => void;
  /** The size is another one. */
  readonly resized: () => void;
  /** A signal asks for the end. */
  readonly ended: (end: ScreenEnd) => void;
}

/** Whether standard output is a terminal that understands more than lines. */
export function isScreen(): boolean {
  return process.stdout.isTTY === true && runtime.environment()["TERM"] !== "dumb";
}

/** A text as bytes of a screen that is drawn over what is there, without a flicker. Pure. */
export function frame(lines: readonly ScreenLine[], { colours }: { readonly colours: boolean }): string {
  const painted = lines.map(({ text, kind }) => {
    const colour = colours ? COLOURS[kind] : "";
    return (colour === "" ? text : `${colour}${text}${PLAIN}`) + CLEAR_LINE;
  });
  return `${HOME}${painted.join("\r\n")}${CLEAR_BELOW}`;
}

/** The terminal, from its beginning as a screen to {@linkcode Screen.leave}. */
export class Screen {
  readonly #colours = wantsColours();
  readonly #stop: (() => void)[] = [];
  #isOpen = true;

  /** Takes the terminal. */
  constructor({ key, resized, ended }: ScreenEvents) {
    for (const name of ENDING_SIGNALS) this.#stop.push(runtime.onSignal(name, () => ended(name)));
    this.#stop.push(runtime.onSignal("WINCH", resized));
    const leave = () => this.leave();
    process.on("exit", leave);
    this.#stop.push(() => process.off("exit", leave));
    writeAll(1, ENTER);
    this.#listen(key);
  }

  #listen(key: (key: string) => void): void {
    const { stdin } = process;
    if (stdin.isTTY !== true) return;
    const heard = (bytes: Uint8Array) => {
      for (const one of new TextDecoder().decode(bytes)) key(one);
    };
    stdin.setRawMode(true);
    stdin.on("data", heard);
    stdin.resume();
    this.#stop.push(() => {
      stdin.off("data", heard);
      stdin.setRawMode(false);
      stdin.pause();
    });
  }

  /** Its size now. */
  get size(): { readonly columns: number; readonly rows: number } {
    const [columns, rows] = process.stdout.getWindowSize();
    // A terminal may have none, as one of a serial line.
    return { columns: columns || 80, rows: rows || 24 };
  }

  /** Shows these lines, and nothing else. */
  show(lines: readonly ScreenLine[]): void {
    if (this.#isOpen) writeAll(1, frame(lines, { colours: this.#colours }));
  }

  /** Gives the terminal back as it was. */
  leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const stop of this.#stop) stop();
    writeAll(1, LEAVE);
  }
}
