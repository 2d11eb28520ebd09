/**
 * The files of a folder, served as they are.
 *
 * @module
 */

import type { Config } from "../../config/options.ts";
import { LEVEL } from "../../log/line_format.ts";
import { closeFd } from "../../os/descriptor.ts";
import {
  EACCES,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENXIO,
  EPERM,
  EXDEV,
  systemError,
} from "../../os/errno.ts";
import { type FileFacts, Folder } from "../../os/folder.ts";
import { plainAnswer } from "./answers.ts";
import type { App, AppRequest } from "./app.ts";
import { judge, mayBePart, type Validators } from "./conditions.ts";
import { readTypes } from "./content_types.ts";
import { fileBody } from "./file_body.ts";
import { nameOf, queryOf } from "./path.ts";
import { type Part, partsIn } from "./ranges.ts";

/** The file that stands for its folder. */
const INDEX = new TextEncoder().encode("index.html");
const UNKNOWN_TYPE = "application/octet-stream";
const DOT = 46;
/** The one name with a dot at its beginning that is public (RFC 8615). */
const WELL_KNOWN = ".well-known";

/** Errors that mean that there is nothing, or nothing within the folder. */
const ABSENT = [ENOENT, ENOTDIR, ELOOP, EXDEV, ENAMETOOLONG, ENXIO];

/** The names that a path stands for, or the status that says that there is nothing of that name. */
function namesOf(rest: readonly string[]): readonly Uint8Array[] | 400 | 404 {
  const names: Uint8Array[] = [];
  for (const [at, segment] of rest.entries()) {
    const name = nameOf(segment);
    if (typeof name === "number") return name;
    if (name.length === 0) {
      if (at < rest.length - 1) return 404;
      names.push(INDEX);
    } else if (name[0] === DOT && !(at === 0 && segment === WELL_KNOWN)) return 404;
    else names.push(name);
  }
  return names;
}

function typeOf(name: Uint8Array, types: ReadonlyMap<string, string>): string | undefined {
  const text = new TextDecoder().decode(name);
  const type = types.get(text.slice(text.lastIndexOf(".") + 1).toLowerCase());
  return type?.startsWith("text/") ? `${type};charset=UTF-8` : type;
}

function validatorsOf({ size, seconds, nanoseconds }: FileFacts): Validators {
  return {
    etag: `"${seconds.toString(16)}-${nanoseconds.toString(16)}-${size.toString(16)}"`,
    // No file was changed later than now (RFC 9110 §8.8.2.1).
    modified: Math.min(seconds, Math.floor(Date.now() / 1000)),
  };
}

/** The part of an answer that is several: its head, and what is behind all of them. */
function multipart(parts: readonly Part[], type: string, size: number): {
  contents: readonly (Part | string)[];
  type: string;
} {
  const boundary = crypto.randomUUID().replaceAll("-", "");
  const contents = parts.flatMap((part) => [
    `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${part.from}-${
      part.to - 1
    }/${size}\r\n\r\n`,
    part,
  ]);
  return {
    contents: [...contents, `\r\n--${boundary}--\r\n`],
    type: `multipart/byteranges; boundary=${boundary}`,
  };
}

function lengthOf(contents: readonly (Part | string)[]): number {
  return contents.reduce(
    (length, content) => length + (typeof content === "string" ? content.length : content.to - content.from),
    0,
  );
}

/** Serves one folder. */
class StaticFolder {
  readonly #folder: Folder;
  readonly #types = readTypes();
  readonly #unknownType: string;

  constructor(path: string, config: Config) {
    // From within another root its path would lead elsewhere.
    this.#folder = new Folder(path, { once: config.chroot !== undefined });
    this.#unknownType = config.defaultContentType ?? UNKNOWN_TYPE;
  }

  readonly serve: App = (asked) => {
    const { method } = asked.request;
    if (method !== "GET" && method !== "HEAD") return plainAnswer(405, { allow: "GET, HEAD" });
    // The folder itself, without the slash that what is relative in its index needs.
    if (asked.rest.length === 0) return redirect(asked);
    const names = namesOf(asked.rest);
    if (typeof names === "number") return plainAnswer(names);
    const fd = this.#folder.open(names);
    if (fd < 0) return refuse(asked, -fd);
    let facts: FileFacts;
    try {
      facts = this.#folder.look(fd);
    } catch (error) {
      closeFd(fd);
      throw error;
    }
    if (facts.kind === "file") return this.#answer(asked, fd, facts, names.at(-1) as Uint8Array);
    closeFd(fd);
    return facts.kind === "folder" && asked.rest.at(-1) !== "" ? redirect(asked) : plainAnswer(404);
  };

  #answer({ request }: AppRequest, fd: number, facts: FileFacts, name: Uint8Array): Response {
    const { headers } = request;
    const { size } = facts;
    const validators = validatorsOf(facts);
    const fields: Record<string, string> = {
      "etag": validators.etag,
      "last-modified": new Date(validators.modified * 1000).toUTCString(),
      "accept-ranges": "bytes",
    };
    const finish = (status: number, body: ReturnType<typeof fileBody> | null = null) =>
      new Response(body, { status, headers: fields });
    const close = () => closeFd(fd);
    const verdict = judge(headers, validators);
    if (verdict !== undefined) {
      close();
      return verdict === 304 ? finish(304) : plainAnswer(412);
    }
    const asksForParts = request.method === "GET" && mayBePart(headers, validators);
    const parts = asksForParts ? partsIn(headers.get("range"), size) : undefined;
    if (parts?.length === 0) {
      close();
      return plainAnswer(416, { "content-range": `bytes */${size}` });
    }
    const type = typeOf(name, this.#types) ?? this.#unknownType;
    const several = parts !== undefined && parts.length > 1 ? multipart(parts, type, size) : undefined;
    const [part = { from: 0, to: size }] = parts ?? [];
    const contents = several?.contents ?? [part];
    fields["content-type"] = several?.type ?? type;
    fields["content-length"] = String(lengthOf(contents));
    if (parts?.length === 1) fields["content-range"] = `bytes ${part.from}-${part.to - 1}/${size}`;
    if (request.method === "HEAD") {
      close();
      return finish(200);
    }
    return finish(parts === undefined ? 200 : 206, fileBody(fd, contents));
  }
}

/** To the same path with a slash behind it. */
function redirect({ request: { url } }: AppRequest): Response {
  const query = queryOf(url);
  const path = query === "" && !url.endsWith("?") ? url : url.slice(0, url.indexOf("?"));
  return plainAnswer(301, { location: `${path}/${query === "" ? "" : `?${query}`}` });
}

function refuse({ request, info }: AppRequest, number: number): Response {
  if (number === EACCES || number === EPERM) return plainAnswer(403);
  if (!ABSENT.includes(number)) throw systemError("open", `open the file of ${request.url}`, number);
  if (number === EXDEV) {
    info.server.log(
      LEVEL.info,
      `${request.method} ${request.url}: a link leads out of the folder; answered with 404`,
    );
  }
  return plainAnswer(404);
}

/**
 * What serves the files of a folder.
 *
 * @throws {SystemError} if it has to be open for good, and cannot be opened
 */
export function openStaticFolder(path: string, config: Config): App {
  return new StaticFolder(path, config).serve;
}
