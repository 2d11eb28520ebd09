/**
 * `tine completion SHELL`: what a shell offers behind `tine`, written from the tables of commands and options.
 *
 * @module
 */

import { firstSentence } from "../config/describe.ts";
import { nearest } from "../config/nearest.ts";
import { type OptionRow, OPTIONS } from "../config/options.ts";
import { UsageError } from "../errors.ts";
import { PERSONALITIES } from "../personality/personality.ts";
import { COMMANDS } from "./commands.ts";
import { COMMAND_FLAGS, FLAG_HELP } from "./flags.ts";
import { quoted } from "./quoted.ts";
import { print } from "../process/print.ts";

/** How `tine completion` is called, and what it does. */
export const USAGE = `Usage: tine completion bash|zsh|fish

Prints what has the shell complete commands, options, their values and files behind tine. To use it at once:

  bash  eval "$(tine completion bash)"
  zsh   eval "$(tine completion zsh)", after compinit
  fish  tine completion fish | source

Write the same line into ~/.bashrc or ~/.zshrc, or the output into ~/.config/fish/completions/tine.fish, to keep it.
`;

/** What may stand behind an option. */
type Values = { readonly words: readonly string[] } | "file" | "anything" | "nothing";

/** One option, as a shell offers it. */
interface Offer {
  readonly name: string;
  readonly letter: string | undefined;
  readonly help: string;
  readonly values: Values;
}

function valuesOf({ kind, values }: OptionRow): Values {
  if (kind === "enum") return { words: values ?? [] };
  if (kind === "bool") return { words: ["1", "0"] };
  return kind === "path" ? "file" : "anything";
}

/** What the options of the table are, and the questions. */
function offers(): readonly Offer[] {
  const rows = (OPTIONS as readonly OptionRow[]).filter(({ status }) => status === "supported");
  const question = (name: string, letter: string, help: string): Offer => ({
    name,
    letter,
    help,
    values: "nothing",
  });
  return [
    ...rows.map((row): Offer => ({
      name: row.key,
      letter: row.short,
      help: firstSentence(row.help).replaceAll("`", ""),
      values: valuesOf(row),
    })),
    question("help", "h", "Show how tine, or a command of it, is used"),
    question("version", "V", "Show the versions of Tine and of the runtime"),
  ];
}

/** The words that may stand first, each with what it is. */
function firstWords(): readonly (readonly [string, string])[] {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  return [...commands, ...PERSONALITIES.map((name) => [name, "personality"] as const)];
}

/** The flags that commands have beside options, each with what it does. */
function flags(): readonly (readonly [string, readonly (readonly [string, string])[]])[] {
  return Object.entries(COMMAND_FLAGS).map(([command, names]) =>
    [command, names.map((name) => [name, FLAG_HELP[name] ?? ""] as const)] as const
  );
}

/** The words by which an option is written. */
function spellings({ name, letter }: Offer): string[] {
  return letter === undefined ? [`--${name}`] : [`--${name}`, `-${letter}`];
}

function bash(): string {
  const all = offers();
  const cases = all.flatMap((offer) => {
    const { values } = offer;
    if (values === "nothing") return [];
    const act = values === "file"
      ? "_tine_files"
      : values === "anything"
      ? ":"
      : `_tine_words ${quoted(values.words.join(" "))}`;
    return [`    ${spellings(offer).join("|")}) ${act}; return ;;`];
  });
  const ofCommands = flags().map(([command, own]) =>
    `    ${command}) own=${quoted(own.map(([name]) => `--${name}`).join(" "))} ;;`
  );
  return `# Completion of tine for bash: eval "$(tine completion bash)"
_tine_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}
_tine_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$word")
}
_tine() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  # --key=value is three words to bash.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  COMPREPLY=()
  case $before in
${cases.join("\n")}
    help) _tine_words ${
    quoted(
      ["options", "signals", "hooks", ...Object.keys(COMMANDS), ...all.map(({ name }) => name)].join(" "),
    )
  }; return ;;
    init) _tine_words 'tcp http exec'; return ;;
    completion) _tine_words 'bash zsh fish'; return ;;
  esac
  if [[ $word == -* ]]; then
    local own=
    case \${COMP_WORDS[1]} in
${ofCommands.join("\n")}
    esac
    _tine_words "$own "${quoted(all.map(({ name }) => `--${name}`).join(" "))}
    return
  fi
  if ((COMP_CWORD == 1)); then
    _tine_words ${quoted(firstWords().map(([name]) => name).join(" "))}
    if ((\${#COMPREPLY[@]} > 0)); then return; fi
  fi
  _tine_files
}
complete -F _tine tine
`;
}

/** Text within a specification of _arguments: brackets and colons have a meaning there. */
function zshText(text: string): string {
  return text.replaceAll(/[\\\[\]:]/g, "\\$&");
}

function zsh(): string {
  const specifications = offers().flatMap((offer) => {
    const { values, help, name } = offer;
    const action = values === "nothing"
      ? ""
      : values === "file"
      ? `:${name}:_files`
      : values === "anything"
      ? `:${name}: `
      : `:${name}:(${values.words.join(" ")})`;
    return spellings(offer).map((word) => `    ${quoted(`*${word}[${zshText(help)}]${action}`)}`);
  });
  const words = firstWords().map(([name, help]) => `    ${quoted(`${name}:${zshText(help)}`)}`);
  const ofCommands = flags().map(([command, own]) =>
    `    ${command}) own=(${own.map(([name, help]) => quoted(`--${name}[${zshText(help)}]`)).join(" ")}) ;;`
  );
  return `#compdef tine
# Completion of tine for zsh: eval "$(tine completion zsh)"
_tine_first() {
  local -a words
  words=(
${words.join("\n")}
  )
  _describe 'command' words
  _files
}
_tine() {
  local -a own
  case $words[2] in
${ofCommands.join("\n")}
  esac
  _arguments -s $own \\
${specifications.join(" \\\n")} \\
    '1: :_tine_first' \\
    '*:file:_files'
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _tine "$@"; else compdef _tine tine; fi
`;
}

function fish(): string {
  const options = offers().map(({ name, letter, help, values }) =>
    [
      `complete -c tine -l ${name}`,
      ...(letter === undefined ? [] : [`-s ${letter}`]),
      ...(values === "nothing"
        ? []
        : values === "file"
        ? ["-r -F"]
        : values === "anything"
        ? ["-x"]
        : [`-x -a ${quoted(values.words.join(" "))}`]),
      `-d ${quoted(help)}`,
    ].join(" ")
  );
  const words = firstWords().map(([name, help]) =>
    `complete -c tine -n __fish_use_subcommand -a ${name} -d ${quoted(help)}`
  );
  const ofCommands = flags().flatMap(([command, own]) =>
    own.map(([name, help]) =>
      `complete -c tine -n '__fish_seen_subcommand_from ${command}' -l ${name} -d ${quoted(help)}`
    )
  );
  return `# Completion of tine for fish: tine completion fish | source\n${
    [...words, ...options, ...ofCommands].join("\n")
  }\n`;
}

const SHELLS: Readonly<Record<string, () => string>> = { bash, zsh, fish };

/** Prints the completion for a shell. */
export function completion(args: readonly string[]): Promise<void> {
  const [shell = "", ...more] = args;
  const names = Object.keys(SHELLS);
  if (!names.includes(shell) || more.length > 0) {
    const near = nearest(shell, names);
    throw new UsageError(
      shell === "" || more.length > 0
        ? `Missing the one shell; write tine completion ${names.join("|")}`
        : `Cannot complete for "${shell}": ${
          near === undefined ? `give one of ${names.join(", ")}` : `the nearest is "${near}"`
        }`,
    );
  }
  print(SHELLS[shell]?.() ?? "");
  return Promise.resolve();
}
