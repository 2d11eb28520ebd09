/**
 * The option `app`: what serves which part of the paths (Net::Server::HTTP's dispatch). Pure.
 *
 * @module
 */

import { ConfigError, type Place } from "../errors.ts";
import type { Config } from "./options.ts";

/** One entry of `app`. */
export interface AppEntry {
  /** The beginning of the paths that it serves, such as `/assets`. */
  readonly location: string;
  /** The path of a folder, a module or a program, or the URL of a module. */
  readonly target: string;
}

/** What a target is. */
export type AppKind = "folder" | "module" | "program";

const MODULE = /\.[mc]?[jt]sx?$/;

/** A location as it is matched: Net::Server's rules for `./`, `../` and `//` in one that a path was taken for. */
function cleanLocation(text: string): string {
  let location = `/${text}`.replaceAll("/./", "/");
  for (;;) {
    // What one replacement brings together is the next one's.
    const next = location.replace(/(?:\/[^/]+)?\/\.\.\//, "/");
    if (next === location) return location.replace(/\/{2,}/g, "/");
    location = next;
  }
}

/** Reads `location target`, `location=target`, or a target that is the location too. */
export function parseApp(text: string): AppEntry {
  const [, location = text, target = text] = /^(.+?)\s+(.+)$/.exec(text) ?? /^(.+?)=(.+)$/.exec(text) ?? [];
  return { location: cleanLocation(location), target };
}

/** An entry whose target is absolute, as text; a folder's has a `/` at its end. */
export function printApp({ location, target }: AppEntry): string {
  return `${location} ${target}`;
}

/** Whether a target is named as a module is: by a URL, or with the ending of a script. */
export function namesModule(target: string): boolean {
  return /^(?:https?|file|data):/.test(target) || MODULE.test(target);
}

/** What the target of a {@linkcode printApp} is. */
export function kindOfApp(target: string): AppKind {
  return namesModule(target) ? "module" : target.endsWith("/") ? "folder" : "program";
}

/** The parts of a location, between its slashes: those of `/` are none, and one that ends with a `/` has an empty last. */
export function partsOf(location: string): readonly string[] {
  return location === "/" ? [] : location.slice(1).split("/");
}

/** Whether all that comes under `location` comes under `above`, too. */
function isUnder(location: string, above: string): boolean {
  const parts = partsOf(location);
  return partsOf(above).every((part, at) => part === "" ? parts.length > at : part === parts[at]);
}

/**
 * Checks that no location is given twice.
 *
 * @throws {ConfigError} for the first that is
 */
export function checkApps(
  { config, origins }: { readonly config: Config; readonly origins: ReadonlyMap<string, readonly Place[]> },
): void {
  const seen = new Map<string, string>();
  for (const [index, text] of config.app.entries()) {
    const { location } = parseApp(text);
    const earlier = seen.get(location);
    if (earlier !== undefined) {
      const place = origins.get("app")?.[index];
      throw new ConfigError(
        `Cannot set app to "${text}": "${earlier}" has the location ${location} already; remove one of the two`,
        { option: "app", ...(place === undefined ? {} : { place }) },
      );
    }
    seen.set(location, text);
  }
}

/** Remarks on locations that are never reached, since one before them matches all that they do. */
export function appNotes({ app }: Pick<Config, "app">): readonly string[] {
  const locations = app.map((text) => parseApp(text).location);
  return locations.flatMap((location, at) => {
    const above = locations.slice(0, at).find((earlier) => isUnder(location, earlier));
    return above === undefined ? [] : [
      `app ${location} is never used: ${above} stands before it and serves all of it; put ${location} first`,
    ];
  });
}
