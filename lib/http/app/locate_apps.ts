/**
 * The targets of `app`: looked for and tried once, when the server starts or reloads, so that neither another working
 * directory nor a file that is not there yet has a say in it later.
 *
 * @module
 */

import { accessSync, constants, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { type AppEntry, kindOfApp, namesModule, parseApp, partsOf, printApp } from "../../config/apps.ts";
import { directoryOf, type LoadedConfig, originOf } from "../../config/config.ts";
import { isUrl } from "../../config/handler_option.ts";
import type { Handler } from "../../context.ts";
import { ConfigError, located, type Place, TineError } from "../../errors.ts";
import { EX_CONFIG, EX_NOINPUT, EX_NOPERM } from "../../exit_codes.ts";
import { loadHandler } from "../../handler/load.ts";

/** What of a handler module means nothing in one that is an app. */
const UNUSED = ["hooks", "options", "defaults", "logFunction", "mux"] as const;

/** Refuses what would serve the same requests. */
function checkHandler(loaded: LoadedConfig, handler: Handler): void {
  const place = originOf(loaded, "app");
  const refuse = (why: string) => {
    throw new ConfigError(`Cannot set app: ${why}`, {
      option: "app",
      ...(place === undefined ? {} : { place }),
    });
  };
  if (handler.processRequest !== undefined) {
    refuse("the handler has a processRequest, which does not speak HTTP; remove one of the two");
  }
  if (handler.fetch !== undefined && !loaded.config.enableDispatch) {
    refuse(
      "the handler has fetch, which would serve the same requests; set enable_dispatch to have it serve what no " +
        "location matches, or remove one of the two",
    );
  }
}

/** What a target is by its name and what is there. @throws {TineError} if it cannot serve requests */
function look(target: string, attempt: string, place: Place | undefined): "folder" | "module" | "program" {
  const fail = (why: string, exitCode: number) => {
    throw new TineError(located(place, `${attempt}: ${why}`), { exitCode });
  };
  let stat: Stats | undefined;
  try {
    stat = statSync(target);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") {
      fail(
        `no such file: ${target}; give the path of a folder, a module or a program, as in /assets=./public/`,
        EX_NOINPUT,
      );
    }
    fail(`this user may not look at ${target}; give one that it may`, EX_NOPERM);
  }
  const isFolder = stat?.isDirectory();
  if (!isFolder && !stat?.isFile()) {
    fail(`${target} is neither a file nor a folder; give the path of one`, EX_CONFIG);
  }
  if (!isFolder && namesModule(target)) return "module";
  try {
    accessSync(target, constants.X_OK);
  } catch {
    fail(
      isFolder
        ? `this user may not look into ${target}; give a folder that it may read`
        : `${target} is no folder, no module and not executable; make it executable (chmod +x) if it is a CGI program`,
      EX_NOPERM,
    );
  }
  return isFolder ? "folder" : "program";
}

/** Loads a module, to see that it can serve. Children load it again. */
async function tryModule(target: string, attempt: string, place: Place | undefined): Promise<void> {
  const { handler } = await loadHandler(target, place);
  const fail = (why: string) => {
    throw new TineError(located(place, `${attempt}: ${why}`), { exitCode: EX_CONFIG });
  };
  if (handler.fetch === undefined) {
    fail(`the default export of ${target} has no fetch; export an object with fetch by default`);
  }
  for (const field of [...UNUSED, "processRequest"] as const) {
    if (handler[field] !== undefined) {
      fail(`${target} has ${field}, which an app cannot have; give it to the handler of the server`);
    }
  }
}

/** The entry with an absolute target. */
async function locateApp(loaded: LoadedConfig, index: number): Promise<AppEntry> {
  const text = loaded.config.app[index] as string;
  const { location, target } = parseApp(text);
  const place = originOf(loaded, "app", index);
  const attempt = `Cannot set app to "${text}"`;
  if (isUrl(target)) {
    await tryModule(target, attempt, place);
    return { location, target };
  }
  const path = resolve(directoryOf(loaded, "app", index), target);
  const kind = look(path, attempt, place);
  if (kind === "module") await tryModule(path, attempt, place);
  return { location, target: kind === "folder" && path !== "/" ? `${path}/` : path };
}

/** Remarks on programs whose text is served as that of any file. */
function exposedPrograms(entries: readonly AppEntry[]): string[] {
  const folders = entries.filter(({ target }) => target.endsWith("/"));
  return entries.flatMap(({ target }) => {
    const folder = folders.find((other) => other.target !== target && target.startsWith(other.target));
    return folder === undefined || kindOfApp(target) === "folder" ? [] : [
      `app ${target} lies in ${folder.target}, which serves its text to everybody; move it out of that folder`,
    ];
  });
}

/**
 * The options with the absolute paths of the targets of `app`; a folder's has a `/` at its end.
 *
 * @throws {ConfigError} if the handler would serve the same requests
 * @throws {TineError} status 66 if a target is not there, 77 if it may not be used, 78 if a module is no app
 */
export async function locateApps(loaded: LoadedConfig, handler: Handler): Promise<LoadedConfig> {
  const { config } = loaded;
  if (config.app.length === 0) return loaded;
  checkHandler(loaded, handler);
  const entries: AppEntry[] = [];
  for (const index of config.app.keys()) entries.push(await locateApp(loaded, index));
  const lines = entries.map(({ location, target }) => `Dispatch: ${location} => ${target}`);
  const [first] = entries;
  if (handler.fetch !== undefined) lines.push("Dispatch: all else => the handler");
  else if (first !== undefined && !entries.some(({ location }) => partsOf(location).length === 0)) {
    lines.push(`Dispatch: / => ${first.target} (default)`);
  }
  // A process for each client would say it each time.
  const notes = [...loaded.personality.binds ? lines : [], ...exposedPrograms(entries)];
  const app = Object.freeze(entries.map(printApp));
  return { ...loaded, config: Object.freeze({ ...config, app }), notes: [...loaded.notes, ...notes] };
}
