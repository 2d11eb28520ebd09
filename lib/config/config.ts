/**
 * Five sources, one frozen configuration: everything that the rest of Tine imports from here.
 *
 * The sources, the strongest first: the command line, what code gave to `run`, the configuration file, the program's
 * defaults, and the defaults in the table of options.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { ConfigError, formatPlace, type Place } from "../errors.ts";
import { choosePersonality } from "../personality/multi_type.ts";
import { type Personality, type PersonalityName, takesOption } from "../personality/personality.ts";
import { rawFromCode } from "./code_values.ts";
import { parseCommandLine } from "./command_line.ts";
import { formatOf, readConfigText } from "./config_text.ts";
import { parseLegacyFile } from "./legacy_file.ts";
import {
  camelCase,
  type Config,
  findOption,
  optionNames,
  type OptionRow,
  OPTIONS,
  type OwnOption,
  type OwnOptions,
  type PartialConfig,
} from "./options.ts";
import { checkOwnOptions } from "./own_options.ts";
import { type Checked, checkSource, knownOf, merge } from "./precedence.ts";
import type { RawSource, RawValue } from "./raw.ts";
import { checkHttp, httpPersonality, isHttp } from "./http_layer.ts";
import { understandPorts } from "./ports.ts";
import { checkManyClients } from "./many_clients.ts";
import { settleSpareServers } from "./spare_servers.ts";
import { conditions, personalityNotes } from "./rules.ts";
import { parseTomlFile } from "./toml_file.ts";

const NOTHING_GIVEN: Checked = new Map();

/** A handler's module and where it was named. */
export interface NamedModule {
  /** A path, or a URL. */
  readonly path: string;
  readonly place: Place;
}

/** A configuration file that was read. */
export interface ReadFile {
  readonly path: string;
  readonly source: RawSource;
}

/** Where options come from, the strongest first. */
export interface Sources {
  /** The command line, without the positional arguments. */
  readonly argv: readonly string[];
  /** The number that messages give to the first of `argv`. @default 1 */
  readonly firstArgument?: number | undefined;
  /** What code gave to `run`. */
  readonly code?: PartialConfig | undefined;
  /** Values that apply where no other source gives one (Net::Server's `default_values`). */
  readonly defaults?: PartialConfig | undefined;
  /** The program's own options. */
  readonly own?: OwnOptions | undefined;
  /** Whether the handler has `fetch`, so that clients speak HTTP. */
  readonly hasFetch?: boolean | undefined;
  /** The personality that the command line named before its options. */
  readonly personality?: string | undefined;
  /** The handler that the command line named before its options. */
  readonly handler?: NamedModule | undefined;
  /** The configuration file, if it was read before. */
  readonly file?: ReadFile | undefined;
  /** What else may be done about an option that is not known. */
  readonly ifUnknown?: string | undefined;
  /** What the command takes beside options, without `--`. */
  readonly flags?: readonly string[] | undefined;
  /** Whether options of the configuration file that are not known are skipped. @default false */
  readonly ignoresUnknown?: boolean | undefined;
}

/** What may be done about an option that is not known where no handler is named, whose own it could be. */
export function nameHandler(usage: string): string {
  return `name the handler whose own it is: ${usage}`;
}

/** The options in force and where they came from. */
export interface LoadedConfig {
  /** The options in force. Frozen. */
  readonly config: Config;
  /** The personality that runs: the first of `server_type`. */
  readonly personality: Personality;
  /** Where each option was given, by its key; for a list, its first value. Absent for an option at its default. */
  readonly origin: ReadonlyMap<string, Place>;
  /** Where each value of each option was given. */
  readonly origins: ReadonlyMap<string, readonly Place[]>;
  /** Remarks for the log: what was skipped, or does not do what one may have meant. */
  readonly notes: readonly string[];
  /** The program's own options, as declared. */
  readonly own: OwnOptions;
}

/** Where one value of an option was given; undefined for an option that has its default. */
export function originOf(
  loaded: Pick<LoadedConfig, "origins">,
  key: string,
  index = 0,
): Place | undefined {
  return loaded.origins.get(key)?.[index];
}

/** The directory that a relative path in one value of an option is meant from: its file's, if it stands in one. */
export function directoryOf(
  loaded: Pick<LoadedConfig, "config" | "origins">,
  key: string,
  index = 0,
): string {
  const { confFile } = loaded.config;
  const isInFile = confFile !== undefined && originOf(loaded, key, index)?.source === confFile;
  return isInFile ? resolve(dirname(confFile)) : process.cwd();
}

/**
 * Reads all sources, checks every value of each, and says what is in force.
 *
 * @throws {ConfigError} for the first error: in the order command line, code, file, defaults, and within a source
 * in the order of its values
 * @throws {UsageError} if an argument is not of the form of an option
 */
export async function loadConfig(sources: Sources): Promise<LoadedConfig> {
  const own = checkOwnOptions(sources.own ?? {});
  const line = readCommandLine(sources, own);
  const commandLine = checkSource(line, own);
  const code = checkSource(rawFromCode(sources.code ?? {}, "code"), own);
  const defaults = rawFromCode(sources.defaults ?? {}, "defaults");
  const named = fileName(commandLine, code, defaults);
  const file = named === undefined
    ? { values: [], notes: [] }
    : sources.file?.path === named.path
    ? sources.file.source
    : await readConfigFile(named.path, named.place);
  const merged = merge([
    commandLine,
    code,
    checkSource(sources.ignoresUnknown === true ? knownOf(file, own) : file, own, sources.ifUnknown),
    checkSource(defaults, own),
  ]);
  const serverType = serverTypes(merged, sources.personality);
  const accepting = choosePersonality(serverType);
  const speaksHttp = isHttp(serverType, sources, merged);
  const personality = speaksHttp ? httpPersonality(accepting, merged, process.platform) : accepting;
  const spares = personality.spares && settleSpareServers(merged, personality.spares(availableParallelism()));
  checkManyClients(merged, process.platform);
  const config = build(merged, own, personality, { serverType, ...spares });
  const origins = new Map<string, readonly Place[]>();
  for (const [key, { places }] of merged) origins.set(key, places);
  if (speaksHttp) checkHttp({ config, personality, origins });
  if (personality.binds) understandPorts({ config, origins });
  const notes = [
    ...line.notes,
    ...file.notes,
    ...file.values.filter(({ key }) => key === "conf_file")
      .map(({ place }) => `${formatPlace(place)}: conf_file is ignored in a configuration file`),
    ...personalityNotes(personality, merged.keys()),
    ...conditions(config, new Set(merged.keys()), personality),
  ];
  const origin = new Map<string, Place>();
  for (const [key, [first]] of origins) if (first !== undefined) origin.set(key, first);
  return { config, personality, origin, origins, notes, own };
}

/**
 * Reads a configuration file of either format into raw values.
 *
 * @param path The file.
 * @param place Where it was named.
 * @throws {ConfigError} if it cannot be read or has an error of form
 */
export async function readConfigFile(path: string, place?: Place): Promise<RawSource> {
  const text = readConfigText(path, place);
  return formatOf(path, text) === "toml" ? await parseTomlFile(text, path) : parseLegacyFile(text, path);
}

function readCommandLine(sources: Sources, own: OwnOptions): RawSource {
  const known = new Set([...optionNames(), ...Object.keys(own)]);
  const read = parseCommandLine(sources.argv, known, sources);
  const positional = (key: string, value: string, place: Place): RawValue => {
    const again = read.values.find((raw) => raw.key === key);
    if (again === undefined) return { key, value, form: "text", place };
    const what = key === "handler" ? "the handler" : "the personality";
    throw new ConfigError(`Cannot set ${key}: the command line names ${what} ${value} already; remove one`, {
      option: key,
      place: again.place,
    });
  };
  const { personality, handler } = sources;
  const named = [
    // These two read server_type, from wherever it comes.
    ...(personality === undefined || personality === "MultiType" || personality === "HTTP"
      ? []
      : [positional("server_type", personality, { source: "command line", line: 1 })]),
    ...(handler === undefined ? [] : [positional("handler", handler.path, handler.place)]),
  ];
  return { values: [...named, ...read.values], notes: read.notes };
}

/** The configuration file that the command line, code or the defaults name. */
function fileName(
  commandLine: Checked,
  code: Checked,
  defaults: RawSource,
): { path: string; place?: Place } | undefined {
  const given = commandLine.get("conf_file") ?? code.get("conf_file");
  const place = given?.places[0];
  if (given !== undefined) {
    return { path: String(given.values[0]), ...(place === undefined ? {} : { place }) };
  }
  const raw = defaults.values.find(({ key }) => key === "conf_file");
  if (raw === undefined) return undefined;
  const checked = checkSource({ values: [raw], notes: [] }, {}).get("conf_file");
  return { path: String(checked?.values[0]), place: raw.place };
}

/**
 * The values of `server_type`. MultiType, named on the command line, stands where no source gives one; HTTP stands beside
 * what a source gives.
 */
function serverTypes(merged: Checked, named: string | undefined): readonly PersonalityName[] {
  const isGiven = merged.has("server_type");
  if (named === "MultiType" && !isGiven) return [named];
  const row = findOption("server_type") as OptionRow;
  const names = valueOf(row, row.key, merged) as readonly PersonalityName[];
  if (named !== "HTTP") return names;
  return Object.freeze<PersonalityName[]>(
    isGiven ? [named, ...names.filter((name) => name !== named)] : [named],
  );
}

function valueOf(definition: OwnOption, key: string, merged: Checked): unknown {
  const given = merged.get(key);
  if (given !== undefined) {
    return definition.multi ? Object.freeze([...given.values].map(freeze)) : given.values[0];
  }
  if (definition.default !== undefined) {
    return Array.isArray(definition.default) ? Object.freeze([...definition.default]) : definition.default;
  }
  return definition.multi ? Object.freeze([]) : undefined;
}

function freeze(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Object.freeze(value) : value;
}

function build(
  merged: Checked,
  own: OwnOptions,
  personality: Personality,
  settled: Readonly<Record<string, unknown>>,
): Config {
  const values: Record<string, unknown> = {};
  for (const row of OPTIONS as readonly OptionRow[]) {
    if (row.status !== "supported") continue;
    // What the personality does not take has no effect, so that what is in force is what works.
    const taken = takesOption(personality, row) ? merged : NOTHING_GIVEN;
    const ofPersonality = taken.has(row.key) ? undefined : personality.defaults?.[row.key];
    const value = ofPersonality ?? valueOf(row, row.key, taken);
    if (value !== undefined) values[camelCase(row.key)] = value;
  }
  Object.assign(values, settled);
  if (merged.has("name") && !merged.has("syslog_ident")) values["syslogIdent"] = values["name"];
  const ownValues: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(own)) {
    const value = valueOf(definition, key, merged);
    if (value !== undefined) ownValues[key] = value;
  }
  values["own"] = Object.freeze(ownValues);
  // The loop over the table gives each field the type that the mapped type derives from the same row.
  return Object.freeze(values) as unknown as Config;
}
