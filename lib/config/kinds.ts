/**
 * The kinds of values: how each is read from text, checked when it has a type already, written, and described.
 *
 * @module
 */

import type { Kind, OwnOption } from "./options.ts";
import { isInteger, portEntry } from "./port_entry.ts";
import { signalNames } from "./signal_names.ts";
import { splitWords } from "./words.ts";

/** A value, or why it is none and what is wanted. */
export type Parsed = { readonly value: unknown } | { readonly reason: string; readonly wanted: string };

/** The longest time that a timer can wait: 2^31 - 1 milliseconds. */
const MAX_SECONDS = 2_147_483;

const TRUE_WORDS = ["1", "on", "yes", "true"];
const FALSE_WORDS = ["0", "off", "no", "false"];

interface KindRules {
  /** What a value is, in short, as in "it is not a whole number". */
  readonly noun: string;
  /** From text; undefined where the text is no such value. */
  readonly text: (text: string, definition: OwnOption) => unknown;
  /** From a value that has a type; undefined where it is no such value. */
  readonly typed: (value: unknown, definition: OwnOption) => unknown;
  /** What is wanted, as in "give a whole number". */
  readonly wanted: (definition: OwnOption) => string;
  /** The JSON schema of one value. */
  readonly schema: (definition: OwnOption) => Record<string, unknown>;
}

/** The kinds whose trailing whitespace counts. */
const EXPRESSIONS: readonly Kind[] = ["regexp", "pattern"];

const KINDS: Readonly<Record<Kind, KindRules>> = {
  int: {
    noun: "a whole number",
    text: (text) => /^-?\d+$/.test(text) ? Number(text) : undefined,
    typed: (value) => isInteger(value) ? Number(value) : undefined,
    wanted: (d) => `a whole number${range(d)}`,
    schema: (d) => ({ type: "integer", ...bounds(d) }),
  },
  seconds: {
    noun: "a number",
    text: (text) => /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined,
    typed: (value) =>
      typeof value === "number" && Number.isFinite(value) || typeof value === "bigint"
        ? Number(value)
        : undefined,
    wanted: (d) => `a number of seconds${range(withSeconds(d))}`,
    schema: (d) => ({ type: "number", ...bounds(withSeconds(d)) }),
  },
  bool: {
    noun: "true or false",
    text: (text) => {
      const word = text.toLowerCase();
      return TRUE_WORDS.includes(word) ? true : FALSE_WORDS.includes(word) ? false : undefined;
    },
    typed: (value) => typeof value === "boolean" ? value : undefined,
    wanted: () => "true or false (as text also 1 or 0, on or off, yes or no)",
    schema: () => ({ type: "boolean" }),
  },
  string: {
    noun: "text",
    text: (text) => text,
    typed: (value) => typeof value === "string" ? value : undefined,
    wanted: (d) =>
      d.max !== undefined
        ? `text of ${d.min ?? 0} to ${d.max} characters`
        : d.min
        ? "text that is not empty"
        : "text",
    schema: (d) => ({
      type: "string",
      ...(d.min === undefined ? {} : { minLength: d.min }),
      ...(d.max === undefined ? {} : { maxLength: d.max }),
    }),
  },
  regexp: {
    noun: "a regular expression",
    text: (text) => isRegExp(text) ? text : undefined,
    typed: (value) => typeof value === "string" && isRegExp(value) ? value : undefined,
    wanted: () => "a regular expression",
    schema: () => ({ type: "string", format: "regex" }),
  },
  // Perl's, of which `lib/access/` says what is wrong with one.
  pattern: {
    noun: "a regular expression",
    text: (text) => text,
    typed: (value) => typeof value === "string" ? value : undefined,
    wanted: () => "a regular expression",
    schema: () => ({ type: "string" }),
  },
  path: {
    noun: "a path",
    text: (text) => isPath(text) ? text : undefined,
    typed: (value) => typeof value === "string" && isPath(value) ? value : undefined,
    wanted: () => "a path",
    schema: () => ({ type: "string", minLength: 1 }),
  },
  enum: {
    noun: "one of its values",
    text: (text, d) => d.values?.find((value) => value.toLowerCase() === text.toLowerCase()),
    typed: (given, d) => {
      // An option that is on or off, and more: `true` is on, and 1 is "1".
      const types = isSwitch(d) ? ["string", "boolean", "number", "bigint"] : ["string"];
      if (!types.includes(typeof given)) return undefined;
      const text = typeof given === "boolean" ? given ? "on" : "off" : String(given);
      return d.values?.find((value) => value.toLowerCase() === text.toLowerCase());
    },
    wanted: (d) => `one of ${(d.values ?? []).join(", ")}`,
    schema: (d) => ({ enum: [...d.values ?? [], ...(isSwitch(d) ? [true, false, 1, 0] : [])] }),
  },
  signals: {
    noun: "a list of signals that can be caught",
    text: (text) => signalNames(text),
    typed: (value) => typeof value === "string" ? signalNames(value) : undefined,
    wanted: () => "names of signals that can be caught, such as USR1 or SIGUSR1",
    schema: () => ({ type: "string", pattern: "^(SIG)?[A-Z0-9]+(\\s*,\\s*(SIG)?[A-Z0-9]+)*$" }),
  },
  words: {
    noun: "words, with every quote closed",
    text: (text) => splitWords(text),
    typed: (value) => typeof value === "string" && !value.includes("\0") ? [value] : undefined,
    wanted: () =>
      "a program and its arguments: a list, or one line in which whitespace separates words that are not quoted",
    schema: () => ({ type: "string" }),
  },
  watched: {
    noun: "true, false or a pattern",
    text: (text) => KINDS.bool.text(text, { kind: "bool", help: "" }) ?? (isPath(text) ? text : undefined),
    typed: (value) =>
      typeof value === "boolean" || (typeof value === "string" && isPath(value)) ? value : undefined,
    wanted: () => "true, false or a pattern of files, such as templates/**/*.html",
    schema: () => ({ anyOf: [{ type: "boolean" }, { type: "string", minLength: 1 }] }),
  },
  ports: {
    noun: "a port",
    text: (text) => text === "" ? undefined : text,
    typed: (value) => portEntry(value),
    wanted: () => "a port, as 20203, localhost:20203/tcp or a table with port, host, proto and ipv",
    schema: () => ({
      anyOf: [
        { type: "integer", minimum: 0, maximum: 65535 },
        { type: "string", minLength: 1 },
        {
          type: "object",
          properties: {
            port: { type: ["integer", "string"] },
            host: { type: "string" },
            proto: { type: "string" },
            ipv: { type: ["string", "integer"] },
          },
          required: ["port"],
          additionalProperties: false,
        },
      ],
    }),
  },
};

/** Whether its name alone, without a value, turns it on. */
export function isTurnedOnByName(definition: OwnOption): boolean {
  const { kind } = definition;
  return kind === "bool" || kind === "watched" || kind === "enum" && isSwitch(definition);
}

/** Whether an enumeration is a switch that has more positions than two. */
function isSwitch({ values }: OwnOption): boolean {
  return values?.includes("on") === true && values.includes("off");
}

function isPath(text: string): boolean {
  return text !== "" && !text.includes("\0");
}

function isRegExp(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function withSeconds(definition: OwnOption): OwnOption {
  return { ...definition, min: definition.min ?? 0, max: definition.max ?? MAX_SECONDS };
}

function bounds(definition: OwnOption): Record<string, number> {
  return {
    ...(definition.min === undefined ? {} : { minimum: definition.min }),
    ...(definition.max === undefined || clamps(definition) ? {} : { maximum: definition.max }),
  };
}

function clamps(definition: OwnOption): boolean {
  return (definition as { clamp?: boolean }).clamp === true;
}

function range({ min, max }: OwnOption): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of ${min} or more`;
  return max === undefined ? "" : ` of ${max} or less`;
}

/** Whether a number or the length of a text is in range, after clamping; the clamped value or why not. */
function checkRange(definition: OwnOption, value: unknown): Parsed {
  const { min, max } = definition.kind === "seconds" ? withSeconds(definition) : definition;
  const wanted = wantedOf(definition);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(Math.trunc(value))) return { reason: "it is too large", wanted };
    if (max !== undefined && value > max) {
      return clamps(definition) ? { value: max } : { reason: `it is more than ${max}`, wanted };
    }
    if (min !== undefined && value < min) return { reason: `it is less than ${min}`, wanted };
  } else if (typeof value === "string" && definition.kind === "string") {
    if (min !== undefined && value.length < min) {
      return { reason: value === "" ? "it is empty" : `it is shorter than ${min} characters`, wanted };
    }
    if (max !== undefined && value.length > max) {
      return { reason: `it is longer than ${max} characters`, wanted };
    }
  }
  return { value };
}

/** What a value of this kind looks like, as in "give …": `a whole number from 0 to 4`. */
export function wantedOf(definition: OwnOption): string {
  return KINDS[definition.kind].wanted(definition);
}

/**
 * Reads one value from text. Whitespace around it does not count, but for a regular expression, which is taken as it
 * stands (Net::Server keeps trailing whitespace). The value of a kind that {@linkcode isSplit} is a list.
 */
export function parseText(definition: OwnOption, text: string): Parsed {
  // A line of a file with CRLF line ends still has its CR here.
  const plain = EXPRESSIONS.includes(definition.kind) ? text.replace(/\r$/, "") : text.trim();
  const value = KINDS[definition.kind].text(plain, definition);
  if (value !== undefined) return checkRange(definition, value);
  const wanted = wantedOf(definition);
  return { reason: plain === "" ? "it is empty" : `it is not ${KINDS[definition.kind].noun}`, wanted };
}

/** Whether one text of this kind may hold several values. */
export function isSplit({ kind }: OwnOption): boolean {
  return kind === "signals" || kind === "words";
}

/** Checks one value that has a type already. The value of a kind that {@linkcode isSplit} is a list. */
export function parseTyped(definition: OwnOption, given: unknown): Parsed {
  const value = KINDS[definition.kind].typed(given, definition);
  if (value !== undefined) return checkRange(definition, value);
  const wanted = wantedOf(definition);
  const { noun } = KINDS[definition.kind];
  // Text that is wrong for a kind of text is of the right type.
  const isText = typeof given === "string" && given !== "" &&
    !["int", "seconds", "bool"].includes(definition.kind);
  return {
    reason: isText ? `it is not ${noun}` : `it is ${typeName(given)}, not ${noun}`,
    wanted,
  };
}

/** `a string`, `a whole number`, `an array` …, for error messages. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a date";
  if (typeof value === "bigint" || Number.isInteger(value)) return "a whole number";
  if (typeof value === "object") return "a table";
  if (typeof value === "number" && !Number.isFinite(value)) {
    return Number.isNaN(value) ? "NaN" : "an infinite number";
  }
  return `a ${typeof value}`;
}

/** The JSON schema of an option's value: of one value, or for a repeatable option of one or a list. */
export function schemaOf(definition: OwnOption): Record<string, unknown> {
  const one = KINDS[definition.kind].schema(definition);
  return definition.multi ? { anyOf: [one, { type: "array", items: one }] } : one;
}
