/**
 * What a module exports by default, as a handler. Pure.
 *
 * @module
 */

import type { Handler, ProcessRequest } from "../context.ts";

/** The fields of Tine's that an object with `fetch` may have, which is perhaps a framework's application. */
export function fieldsBesideFetch(value: Record<string, unknown>): Record<string, unknown> {
  const own = (name: string, type: "function" | "object") =>
    Object.hasOwn(value, name) && typeof value[name] === type && value[name] !== null
      ? { [name]: value[name] }
      : undefined;
  // What a class has made has a way of its own to be told of errors, or a method of that name that is no such thing.
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return {
    ...own("hooks", "object"),
    ...own("options", "object"),
    ...own("defaults", "object"),
    ...own("logFunction", "function"),
    // These are refused beside it.
    ...own("processRequest", "function"),
    ...own("mux", "function"),
    ...(isPlain ? own("error", "function") : undefined),
  };
}

/** The handler, for a module that exports a function alone, an object with our fields, or an application with `fetch`. */
export function asHandler(exported: unknown): Handler {
  if (typeof exported === "function") return { processRequest: exported as ProcessRequest };
  const handler = exported as Handler;
  if (typeof handler?.fetch !== "function") return handler;
  return {
    ...fieldsBesideFetch(exported as Record<string, unknown>),
    // As a method: an application may need itself.
    fetch: (request, info) => handler.fetch!(request, info),
  };
}
