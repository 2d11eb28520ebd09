/**
 * Whether a value is a handler: one check for the module that the command line names and for what code gives to `run`.
 * Pure.
 *
 * @module
 */

import { nearest } from "../config/nearest.ts";
import type { Handler } from "../context.ts";
import { TineError } from "../errors.ts";
import { EX_CONFIG } from "../exit_codes.ts";
import { HOOK_NAMES } from "../hooks.ts";
import { asHandler, fieldsBesideFetch } from "./as_handler.ts";

const FIELDS = [
  "processRequest",
  "fetch",
  "error",
  "hooks",
  "mux",
  "logFunction",
  "options",
  "defaults",
] as const;
const FUNCTIONS = ["processRequest", "fetch", "error", "mux", "logFunction"] as const;
const TABLES = ["hooks", "options", "defaults"] as const;

/** What a value is, as in "it is …". */
function kindOf(value: unknown): string {
  if (value === undefined) return "undefined";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Promise) return "a promise";
  if (isClass(value)) return "a class";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/** Whether a value can have fields by name: an object that is no list, and nothing that is still to come. */
function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Promise);
}

/** Net::Server's name for something in ours: `child_init_hook` is `childInit`. */
function camelCase(name: string): string {
  return name.replace(/_hook$/, "").replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The one of `names` that `name` may have been meant for. */
function meant(name: string, names: readonly string[]): string | undefined {
  return names.find((known) => known === camelCase(name)) ?? nearest(name, names);
}

function unknownField(name: string): string {
  const fault = `it has no field "${name}"`;
  const field = meant(name, FIELDS);
  const hook = meant(name, HOOK_NAMES);
  if (hook !== undefined && (field === undefined || camelCase(name) === hook)) {
    return name === hook
      ? `${fault}; write hooks: { ${hook} }`
      : `${fault}; the nearest is hooks: { ${hook} }`;
  }
  return field === undefined
    ? `${fault}; its fields are ${FIELDS.join(", ")}`
    : `${fault}; the nearest is ${field}`;
}

function unknownHook(name: string): string {
  const fault = `there is no hook "${name}"`;
  const near = meant(name, [...HOOK_NAMES, ...FIELDS]);
  if (near === undefined) return `${fault}; the hooks are ${HOOK_NAMES.join(", ")}`;
  return (FIELDS as readonly string[]).includes(near)
    ? `${fault}; ${near} stands beside hooks, not in it`
    : `${fault}; the nearest is ${near}`;
}

function faultOfHooks(hooks: Record<string, unknown>): string | undefined {
  for (const [name, hook] of Object.entries(hooks)) {
    if (!(HOOK_NAMES as readonly string[]).includes(name)) return unknownHook(name);
    if (hook !== undefined && typeof hook !== "function") {
      return `its hook ${name} is ${kindOf(hook)}; give a function`;
    }
  }
  return undefined;
}

/**
 * What is wrong with an object that has `fetch`. It may be a framework's application, with fields and methods of its own:
 * what is not of the type that a field of ours has is not ours.
 */
function faultBesideFetch(value: Record<string, unknown>): string | undefined {
  for (const other of ["processRequest", "mux"]) {
    if (Object.hasOwn(value, other) && typeof value[other] === "function") {
      return `it has both fetch, which speaks HTTP, and ${other}, which does not; remove one of the two`;
    }
  }
  const { hooks } = fieldsBesideFetch(value);
  return isTable(hooks) ? faultOfHooks(hooks) : undefined;
}

/** What is wrong with a value that is to be a handler, and what to do; undefined if it is one. */
export function handlerFault(value: unknown): string | undefined {
  if (typeof value === "function" && !isClass(value)) return undefined;
  if (!isTable(value)) {
    return `it is ${kindOf(value)}; give a function, or an object with processRequest or fetch, and hooks`;
  }
  if (typeof value["fetch"] === "function") return faultBesideFetch(value);
  const unknown = Object.keys(value).find((key) => !(FIELDS as readonly string[]).includes(key));
  if (unknown !== undefined) return unknownField(unknown);
  for (const name of FUNCTIONS) {
    const field = value[name];
    if (field !== undefined && (typeof field !== "function" || isClass(field))) {
      return `its ${name} is ${kindOf(field)}; give a function`;
    }
  }
  for (const name of TABLES) {
    const field = value[name];
    if (field !== undefined && !isTable(field)) {
      return `its ${name} field is ${kindOf(field)}; give an object`;
    }
  }
  // What is made by a class may have all it does in its prototype, but then it has something.
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain && !FIELDS.some((name) => name in value)) {
    return `it has none of the fields ${FIELDS.join(", ")}; give one`;
  }
  return isTable(value["hooks"]) ? faultOfHooks(value["hooks"]) : undefined;
}

/**
 * A value as a handler.
 *
 * @param name What messages call it, such as `the handler`.
 * @throws {TineError} status 78 if it is none
 */
export function toHandler(value: unknown, name: string): Handler {
  const fault = handlerFault(value);
  if (fault !== undefined) throw new TineError(`Cannot use ${name}: ${fault}`, { exitCode: EX_CONFIG });
  return asHandler(value);
}
