/**
 * `tine init`: writes a small project that starts and passes its test.
 *
 * @module
 */

import { closeSync, lstatSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { nearest } from "../config/nearest.ts";
import { TineError, UsageError } from "../errors.ts";
import { EX_CANTCREAT } from "../exit_codes.ts";
import { reasonOf } from "../os/errno.ts";
import { runtime } from "../runtime/choose.ts";
import {
  addressOf,
  PROJECT_KINDS,
  projectFiles,
  type ProjectKind,
  type ProjectOptions,
} from "./project_files.ts";
import { quoted } from "./quoted.ts";
import { schemaPlace } from "./schema.ts";
import { report } from "../process/print.ts";

/** How `tine init` is called, and what it does. */
export const USAGE = `Usage: tine init [tcp | http | exec] [FOLDER]

Writes a small project into FOLDER, or the working directory: a configuration, a test, and for tcp and http a handler.
exec serves by a program per connection. Nothing that is there is overwritten.
`;

/** An executable has no modules for others to import. */
const NO_TEST =
  "No test: it would import the package tine, which this executable cannot give. With the package, tine init writes one.\n";

const LIBRARY = new URL("../../mod.ts", import.meta.url);

function isKind(word: string): word is ProjectKind {
  return (PROJECT_KINDS as readonly string[]).includes(word);
}

/** What the arguments ask for. @throws {UsageError} */
function read(args: readonly string[]): { kind: ProjectKind; folder: string } {
  const option = args.find((word) => word.startsWith("-"));
  if (option !== undefined) {
    throw new UsageError(`Cannot use ${option}: tine init has no options; see tine init --help`);
  }
  const [first, second] = args;
  if (args.length > 2 || (first !== undefined && second !== undefined && !isKind(first))) {
    const near = nearest(first ?? "", PROJECT_KINDS);
    throw new UsageError(
      `Cannot understand "${args.join(" ")}": a kind and a folder are all that it takes; ` +
        (near === undefined ? `kinds are ${PROJECT_KINDS.join(", ")}` : `the nearest kind is "${near}"`),
    );
  }
  if (first === undefined) return { kind: "tcp", folder: "." };
  return isKind(first) ? { kind: first, folder: second ?? "." } : { kind: "tcp", folder: first };
}

/** Where Tine is, for a project. */
function surroundings(): Omit<ProjectOptions, "kind"> {
  const schema = schemaPlace();
  if (runtime.standalone) return { library: undefined, hasLibrary: false, schema };
  if (LIBRARY.protocol !== "file:") return { library: LIBRARY.href, hasLibrary: true, schema };
  const path = fileURLToPath(LIBRARY);
  // The project has the package, or will have it.
  const isInstalled = path.includes("/node_modules/");
  return { library: isInstalled ? undefined : path, hasLibrary: true, schema };
}

function cannotWrite(path: string, why: string, remedy: string): TineError {
  return new TineError(`Cannot write ${path}: ${why}; ${remedy}`, { exitCode: EX_CANTCREAT });
}

/** Does what a path may not allow. @throws {TineError} if it does not */
function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw cannotWrite(path, reasonOf(error), "name a folder that you may write to");
  }
}

/** Whether something has this name, be it a link that leads nowhere. @throws {TineError} if that cannot be told */
function isTaken(path: string): boolean {
  return attempt(path, () => lstatSync(path, { throwIfNoEntry: false })) !== undefined;
}

/** Writes all files. @throws {TineError} if one is there already, or cannot be written */
function write(folder: string, files: Readonly<Record<string, string>>): void {
  const paths = Object.entries(files).map(([name, text]) => [join(folder, name), text] as const);
  const taken = paths.find(([path]) => isTaken(path));
  if (taken !== undefined) {
    throw cannotWrite(taken[0], "it exists, and nothing is overwritten", "name another folder");
  }
  const written: string[] = [];
  const isNew = !isTaken(folder);
  try {
    for (const [path, text] of paths) {
      attempt(path, () => {
        mkdirSync(resolve(folder), { recursive: true });
        const fd = openSync(path, "wx");
        written.push(path);
        try {
          writeFileSync(fd, text);
        } finally {
          closeSync(fd);
        }
      });
    }
  } catch (error) {
    // Half a project would stand in the way of the next try.
    for (const path of isNew ? [folder] : written) rmSync(path, { force: true, recursive: isNew });
    throw error;
  }
}

/** The command line's beginning that goes to the folder, which a shell is to take as it is. */
function change(folder: string): string {
  if (resolve(folder) === process.cwd()) return "";
  return `cd ${/^[\w./-]+$/.test(folder) ? folder : quoted(folder)} && `;
}

/** Writes a project, and says what to type next. */
export function init(args: readonly string[]): Promise<void> {
  const { kind, folder } = read(args);
  const surrounding = surroundings();
  const files = projectFiles({ kind, ...surrounding });
  write(folder, files);
  report(
    `Wrote ${Object.keys(files).join(", ")}\n${surrounding.hasLibrary ? "" : NO_TEST}\n  ${
      change(folder)
    }tine -c tine.toml\n\n` +
      `starts the server on ${addressOf(kind)}. README.md says what comes next.\n`,
  );
  return Promise.resolve();
}
