/**
 * The one table of options. The command line, `--help`, both file parsers, the documentation, the sample files
 * and the JSON schema all derive from it, and nothing else lists options.
 *
 * A row's key is Net::Server's name; in TypeScript the same words stand in camelCase ({@linkcode Config}).
 *
 * @module
 */

import { PERSONALITIES } from "../personality/personality.ts";
import type { Config } from "./config_fields.ts";

export type { Config } from "./config_fields.ts";

/** What a value is. `lib/config/kinds.ts` says for each kind how it is read, written and described. */
export type Kind =
  | "int"
  | "seconds"
  | "bool"
  | "string"
  | "regexp"
  | "pattern"
  | "path"
  | "enum"
  | "signals"
  | "words"
  | "ports"
  | "watched";

/** The part of `--help` and of the documentation in which an option stands. */
export type Section =
  | "Listening"
  | "Children"
  | "Exec"
  | "Logging"
  | "Access"
  | "Daemon"
  | "TLS"
  | "HTTP"
  | "General";

/** What an option's value must be, be it Tine's or the program's own. */
export interface OwnOption {
  /** What the value is. */
  readonly kind: Kind;
  /** The value where no source gives one. Without it, the option is absent. */
  readonly default?: unknown;
  /** Prose. The first sentence is the line in `--help`. */
  readonly help: string;
  /** May be given more than once; the value is a list. */
  readonly multi?: boolean;
  /** The values of an `enum`; case does not matter when they are read. */
  readonly values?: readonly string[];
  /** The least number allowed; for a `string`, the least length. */
  readonly min?: number;
  /** The greatest number allowed; for a `string`, the greatest length. */
  readonly max?: number;
  /** A value to be masked wherever configuration is printed. */
  readonly secret?: boolean;
}

/** One row of {@linkcode OPTIONS}. */
export interface OptionRow extends OwnOption {
  /** Net::Server's name. */
  readonly key: string;
  /** Another name for the same option. */
  readonly alias?: string;
  /** The letter that stands for it on the command line: `-p`. */
  readonly short?: string;
  /** What other servers call it, for whoever comes from there: options, or letters. */
  readonly elsewhere?: readonly string[];
  /** Whether the short help lists it: most servers set it. */
  readonly common?: true;
  /** What the default is, in words, where it is not a plain value. */
  readonly defaultText?: string;
  /** What a sample file shows for an option without a default. */
  readonly example?: string;
  /** With a number above `max`, `max` is taken instead of an error. */
  readonly clamp?: boolean;
  /** The personality that brought the option: `base` for all. */
  readonly personality: string;
  /** Where it stands in `--help`. */
  readonly section: Section;
  /** Whether a change takes effect on reload (`live`), or only in new sockets and processes (`restart`). */
  readonly apply: "live" | "restart";
  /** `later`: refused as not supported yet. `never`: has no counterpart here, and `remedy` says what to do. */
  readonly status: "supported" | "later" | "never";
  /** For `never`: what to do instead. */
  readonly remedy?: string;
}

/** Every option that Net::Server 2.013 knows, and Tine's own: each says so. */
export const OPTIONS = [
  {
    key: "port",
    elsewhere: ["bind", "b", "address"],
    short: "p",
    common: true,
    alias: "ports",
    kind: "ports",
    multi: true,
    default: ["20203"],
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help:
      "Port to listen on, as `port`, `host:port`, `host:port/proto` or `host:port/proto/ipv`; repeatable. A " +
      "port is a number or the name of a service. 0 lets the system choose one. HTTP has 8080 by default. Parts may be separated by " +
      "`:`, `/`, `|`, commas or whitespace. An IPv6 address stands in square brackets. In TOML and in code " +
      "an entry may be a table with `port`, `host`, `proto` and `ipv`.",
  },
  {
    key: "host",
    kind: "string",
    min: 1,
    multi: true,
    default: ["*"],
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help:
      "Address or host name for ports without one; repeatable. `*` is every address of the machine. The " +
      "first `host` goes with the first `port` and so on. The last one applies to all further ports.",
  },
  {
    key: "proto",
    kind: "string",
    min: 1,
    multi: true,
    default: ["tcp"],
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help:
      "Protocol for ports without one: `tcp`, `udp`, `unix` or `unixdgram`; repeatable. Goes with `port` as " +
      "`host` does. For the last two, the port is the path of the socket.",
  },
  {
    key: "ipv",
    kind: "string",
    min: 1,
    multi: true,
    default: ["*"],
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help:
      "IP version for ports without one: `4`, `6`, `*` for what the host resolves to, or `IPv4 IPv6` for " +
      "both; repeatable. Goes with `port` as `host` does.",
  },
  {
    key: "listen",
    elsewhere: ["backlog"],
    kind: "int",
    min: 1,
    max: 65535,
    defaultText: "SOMAXCONN",
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help: "Listen backlog: connections that wait to be accepted. The system has its own upper limit " +
      "(`net.core.somaxconn` on Linux).",
  },
  {
    key: "idle_timeout",
    kind: "seconds",
    default: 0,
    min: 0,
    personality: "base",
    section: "Listening",
    apply: "live",
    status: "supported",
    help:
      "Seconds that a read from a connection may wait for data. 0 is no limit. A handler can set another one " +
      "for its connection. Not in Net::Server.",
  },
  {
    key: "ipv6_package",
    kind: "string",
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "never",
    remedy: "remove it: it names a Perl module, and IPv6 is built in",
    help: "Perl module for IPv6 sockets.",
  },
  {
    key: "udp_recv_len",
    kind: "int",
    min: 1,
    max: 65535,
    default: 4096,
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help: "Maximum datagram size in bytes. Longer datagrams are truncated, which is logged once.",
  },
  {
    key: "udp_recv_flags",
    kind: "int",
    min: 0,
    default: 0,
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help: "Flags for `recv` on a datagram socket, as a number. MSG_OOB (1) and MSG_PEEK (2) are errors.",
  },
  {
    key: "udp_broadcast",
    kind: "bool",
    default: false,
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help: "Allow datagrams to and from broadcast addresses on UDP sockets (SO_BROADCAST).",
  },
  {
    key: "unix_type",
    kind: "enum",
    values: ["SOCK_STREAM", "SOCK_DGRAM"],
    default: "SOCK_STREAM",
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help: "Type of ports with `proto = unix`; SOCK_DGRAM makes them `unixdgram`.",
  },
  {
    key: "unix_mode",
    kind: "string",
    defaultText: "as the umask says",
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help:
      "Mode of Unix socket files in octal, such as `0660`. Clients need write permission. Not in Net::Server.",
  },
  {
    key: "unix_path",
    kind: "path",
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "never",
    remedy: "give the path as the port: port = /run/name.sock|unix",
    help: "Path of a unix socket.",
  },
  {
    key: "max_servers",
    elsewhere: ["workers", "w", "processes", "instances"],
    short: "n",
    common: true,
    kind: "int",
    min: 1,
    max: 4096,
    default: 50,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help:
      "Number of children. PreForkSimple always runs that many, the others at most that many; Fork has 256 " +
      "by default, and HTTP on PreForkSimple one per processor that it may use. SIGTTIN adds one while the server runs, SIGTTOU removes one.",
  },
  {
    key: "max_requests",
    common: true,
    kind: "int",
    min: 0,
    default: 1000,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Connections a child handles before it is replaced. As in Net::Server, 0 means 1.",
  },
  {
    key: "max_clients",
    elsewhere: ["threads", "worker_connections"],
    common: true,
    kind: "int",
    min: 1,
    default: 1,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help:
      "Connections a child handles at the same time. Above 1, a connection goes to an idle child before it " +
      "goes to a busy one. Needs Linux, and no serializer. HTTP has 256 by default where that is possible.",
  },
  {
    key: "check_for_dead",
    kind: "seconds",
    min: 0,
    default: 30,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Seconds between checks for dead children that went unnoticed.",
  },
  {
    key: "stop_timeout",
    elsewhere: ["graceful_timeout"],
    common: true,
    kind: "seconds",
    min: 0,
    default: 10,
    personality: "base",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Seconds between SIGTERM and SIGKILL for children when the server stops. Also the time that " +
      "connections get at a reload. Not in Net::Server.",
  },
  {
    key: "serialize",
    kind: "enum",
    values: ["flock", "semaphore", "pipe", "none"],
    defaultText: "chosen once the ports are bound",
    personality: "PreForkSimple",
    section: "Children",
    apply: "restart",
    status: "supported",
    help:
      "How children take turns accepting connections: `flock`, `semaphore`, `pipe` or `none`. With several " +
      "ports, `none` is not possible and the default applies.",
  },
  {
    key: "lock_file",
    kind: "path",
    defaultText: "a temporary file",
    personality: "PreForkSimple",
    section: "Children",
    apply: "restart",
    status: "supported",
    help: "File to lock for `serialize = flock`. A named file is not deleted when the server stops.",
  },
  {
    key: "max_dequeue",
    kind: "int",
    min: 0,
    max: 4096,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Maximum number of dequeue processes, which run the hook `runDequeue`. 0 is none.",
  },
  {
    key: "check_for_dequeue",
    kind: "seconds",
    min: 0,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Seconds between starts of a dequeue process. Without it none is started.",
  },
  {
    key: "sig_passthrough",
    kind: "signals",
    multi: true,
    default: [],
    personality: "PreForkSimple",
    section: "Children",
    apply: "restart",
    status: "supported",
    help:
      "Signals that the parent passes on to its children, with or without `SIG`; repeatable, or separated by " +
      "commas.",
  },
  {
    key: "leave_children_open_on_hup",
    kind: "bool",
    default: false,
    personality: "base",
    section: "Children",
    apply: "live",
    status: "supported",
    help:
      "On a reload, let busy children finish their connections without a time limit, while new children " +
      "already serve.",
  },
  {
    key: "no_close_by_child",
    kind: "bool",
    default: false,
    personality: "base",
    section: "Children",
    apply: "restart",
    status: "supported",
    help: "Do not let `serverClose` in a child stop the whole server. The child still exits.",
  },
  {
    key: "min_servers",
    kind: "int",
    min: 1,
    default: 5,
    personality: "PreFork",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Minimum number of children. Without it, `max_servers` if that is less.",
  },
  {
    key: "min_spare_servers",
    kind: "int",
    min: 0,
    default: 2,
    personality: "PreFork",
    section: "Children",
    apply: "live",
    status: "supported",
    help:
      "Minimum number of idle children. If fewer are idle, children are started, and more of them the longer " +
      "connections wait. Without it, never more than `min_servers` or `max_spare_servers`; Fork has two per " +
      "core.",
  },
  {
    key: "max_spare_servers",
    kind: "int",
    min: 0,
    default: 10,
    personality: "PreFork",
    section: "Children",
    apply: "live",
    status: "supported",
    help:
      "Maximum number of idle children. Half of the excess exits at each check. Without it, always less than " +
      "`max_servers`; Fork has four per core.",
  },
  {
    key: "spare_servers",
    kind: "int",
    min: 0,
    personality: "PreFork",
    section: "Children",
    apply: "live",
    status: "never",
    remedy: "use min_spare_servers: Net::Server takes spare_servers and does nothing with it",
    help: "Without effect in Net::Server.",
  },
  {
    key: "check_for_waiting",
    kind: "seconds",
    min: 0,
    default: 10,
    personality: "PreFork",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Seconds between checks for too many idle children.",
  },
  {
    key: "check_for_spawn",
    kind: "seconds",
    min: 0,
    default: 30,
    personality: "PreFork",
    section: "Children",
    apply: "live",
    status: "supported",
    help:
      "Seconds between periodic checks for missing children. If too few are idle, children are started at " +
      "once.",
  },
  {
    key: "min_child_ttl",
    kind: "seconds",
    min: 0,
    default: 10,
    personality: "PreFork",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Seconds between starting a child and stopping an idle one, as a minimum.",
  },
  {
    key: "child_communication",
    kind: "bool",
    default: false,
    personality: "PreFork",
    section: "Children",
    apply: "restart",
    status: "supported",
    help: "Let children send messages to the parent (`tellParent`), whose hook `childIsTalking` gets them.",
  },
  {
    key: "exec",
    elsewhere: ["command"],
    kind: "words",
    multi: true,
    default: [],
    defaultText: "none",
    personality: "base",
    section: "Exec",
    apply: "restart",
    status: "supported",
    help: "Program to run per connection in place of a handler, with its arguments. The connection is its " +
      "standard input and output. A list of words. In a `key value` file, one line with quotes as in a " +
      "shell. On the command line, all that follows `--`. A program without a `/` is looked up in PATH once, " +
      "at the start. Not in Net::Server.",
  },
  {
    key: "exec_timeout",
    kind: "seconds",
    min: 0,
    default: 0,
    personality: "base",
    section: "Exec",
    apply: "restart",
    status: "supported",
    help:
      "Seconds that a program of `exec` or `app` may run. 0 is no limit. Then its process group gets SIGTERM. With a " +
      "limit, processes that a program leaves in its group end with it. Not in Net::Server.",
  },
  {
    key: "exec_kill_after",
    kind: "seconds",
    min: 0,
    default: 5,
    personality: "base",
    section: "Exec",
    apply: "restart",
    status: "supported",
    help:
      "Seconds between SIGTERM and SIGKILL for a program of `exec` or `app`. When the server stops, half of " +
      "`stop_timeout` at most. Not in Net::Server.",
  },
  {
    key: "exec_stderr",
    kind: "enum",
    values: ["log", "client"],
    default: "log",
    personality: "base",
    section: "Exec",
    apply: "restart",
    status: "supported",
    help:
      "Where the standard error of a program of `exec` goes: to the `log`, one log line per line, or to the " +
      "`client` as under inetd. Not in Net::Server.",
  },
  {
    key: "log_level",
    elsewhere: ["verbose", "debug"],
    common: true,
    kind: "int",
    min: 0,
    max: 4,
    clamp: true,
    default: 2,
    personality: "base",
    section: "Logging",
    apply: "live",
    status: "supported",
    help:
      "How much to log: 0 errors that stop the server, 1 warnings, 2 notices, 3 information, 4 debugging. " +
      "More than 4 means 4.",
  },
  {
    key: "log_file",
    elsewhere: ["error_logfile", "error_log"],
    common: true,
    kind: "path",
    defaultText: "standard error",
    personality: "base",
    section: "Logging",
    apply: "live",
    status: "supported",
    help:
      "File to append the log to, or `Sys::Syslog` to send it to syslog. The parent opens it and children " +
      "inherit it. SIGUSR1 reopens it.",
  },
  {
    key: "log_format",
    common: true,
    kind: "enum",
    values: ["line", "json"],
    default: "line",
    personality: "base",
    section: "Logging",
    apply: "live",
    status: "supported",
    help: "Format of the log: `line` (time, process and message) or `json` (one object per line). Not in " +
      "Net::Server.",
  },
  {
    key: "log_function",
    kind: "string",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "never",
    remedy: "give the handler a logFunction, in code",
    help: "Perl method that takes the log's lines.",
  },
  {
    key: "syslog_logsock",
    kind: "string",
    default: "native",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "supported",
    help:
      "How to reach syslog: `native`, `unix`, `stream`, `udp`, `tcp`, `inet` (tcp, else udp) or `console`. " +
      "An address may follow: `unix:/run/log`, `udp:192.0.2.1`, `tcp:[2001:db8::1]:6514`. Without one it is " +
      "/dev/log, or port 514 of this machine.",
  },
  {
    key: "syslog_ident",
    kind: "string",
    default: "net_server",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "supported",
    help: "Program name in syslog.",
  },
  {
    key: "syslog_logopt",
    kind: "string",
    default: "pid",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "supported",
    help:
      "Options for syslog, separated by `|` or commas: `pid` writes the PID, `ndelay` connects at once, " +
      "`cons` writes to the console while the daemon is away. `nowait` and `nofatal` always apply.",
  },
  {
    key: "syslog_facility",
    kind: "string",
    default: "daemon",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "supported",
    help: "Facility in syslog, such as `daemon`, `mail` or `local0`.",
  },
  {
    key: "log4perl_conf",
    kind: "path",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "never",
    remedy: "use log_file or the writeToLog hook: Log4perl is a Perl module",
    help: "Configuration of Log4perl.",
  },
  {
    key: "log4perl_poll",
    kind: "string",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "never",
    remedy: "use log_file or the writeToLog hook: Log4perl is a Perl module",
    help: "How often Log4perl reads its configuration.",
  },
  {
    key: "log4perl_logger",
    kind: "string",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "never",
    remedy: "use log_file or the writeToLog hook: Log4perl is a Perl module",
    help: "Name of a logger of Log4perl.",
  },
  {
    key: "allow",
    kind: "pattern",
    multi: true,
    default: [],
    example: "127\\.0\\.0\\.1",
    personality: "base",
    section: "Access",
    apply: "live",
    status: "supported",
    help: "Allow clients whose address (or host name, with `reverse_lookups`) matches this Perl regular " +
      "expression completely; repeatable. If there is any rule, a client that matches no `allow` and no " +
      "`cidr_allow` is denied.",
  },
  {
    key: "deny",
    kind: "pattern",
    multi: true,
    default: [],
    example: "192\\.0\\.2\\..*",
    personality: "base",
    section: "Access",
    apply: "live",
    status: "supported",
    help: "Deny clients whose address (or host name, with `reverse_lookups`) matches this Perl regular " +
      "expression completely; repeatable. Checked before `allow` and `cidr_allow`. Alone it allows nobody.",
  },
  {
    key: "cidr_allow",
    kind: "string",
    multi: true,
    default: [],
    example: "192.0.2.0/24",
    personality: "base",
    section: "Access",
    apply: "live",
    status: "supported",
    help:
      "Allow a block of addresses, such as `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.1-192.0.2.9` or one " +
      "address; repeatable.",
  },
  {
    key: "cidr_deny",
    kind: "string",
    multi: true,
    default: [],
    example: "192.0.2.4/30",
    personality: "base",
    section: "Access",
    apply: "live",
    status: "supported",
    help: "Deny a block of addresses, such as `192.0.2.4/30`; repeatable. Checked before `allow` and " +
      "`cidr_allow`.",
  },
  {
    key: "reverse_lookups",
    kind: "enum",
    values: ["1", "0", "on", "off", "double", "double-detail", "double-autofail", "double-debug"],
    personality: "base",
    section: "Access",
    apply: "live",
    status: "supported",
    help:
      "Look up the host name of each client, for `allow`, `deny`, the log and the handler. `double` also " +
      "denies clients whose name does not resolve back to their address.",
  },
  {
    key: "double_reverse_lookups",
    kind: "enum",
    values: ["1", "0", "on", "off", "detail", "autofail", "debug"],
    personality: "base",
    section: "Access",
    apply: "live",
    status: "supported",
    help:
      "Same as `reverse_lookups = double`. At log level 3, `detail` logs the addresses that did not match " +
      "and `debug` those that did. `autofail` denies every client and logs whether it would have been denied.",
  },
  {
    key: "lookup_timeout",
    kind: "seconds",
    min: 0.01,
    default: 2,
    personality: "base",
    section: "Access",
    apply: "live",
    status: "supported",
    help:
      "Seconds for the DNS lookups of one client. Afterwards the client has no host name. Not in Net::Server.",
  },
  {
    key: "server_type",
    elsewhere: ["worker_class", "k"],
    kind: "enum",
    multi: true,
    values: PERSONALITIES,
    default: ["PreForkSimple"],
    personality: "MultiType",
    section: "General",
    apply: "restart",
    status: "supported",
    help:
      "Process model (personality); repeatable. The first is used. HTTP may stand beside it: clients speak HTTP then, as they do with a " +
      "handler that has `fetch`.",
  },
  {
    key: "handler",
    kind: "string",
    min: 1,
    personality: "base",
    section: "General",
    apply: "live",
    status: "supported",
    help:
      "Module that serves connections, for the command line: the same as the argument HANDLER. A path in a " +
      "configuration file is relative to that file. A URL is possible.",
  },
  {
    key: "watch",
    elsewhere: ["reload"],
    common: true,
    kind: "watched",
    multi: true,
    default: [],
    defaultText: "off",
    personality: "base",
    section: "General",
    apply: "restart",
    status: "supported",
    help:
      "Reload when the handler changes, or a local module that it imports, or the configuration file. A pattern " +
      "instead of 1 adds the files that match it, such as `templates/*.html`; repeatable. In a " +
      "configuration file it is relative to that file. For development. Not in Net::Server.",
  },
  {
    key: "name",
    elsewhere: ["proc_name"],
    kind: "string",
    min: 1,
    max: 64,
    personality: "base",
    section: "General",
    apply: "live",
    status: "supported",
    defaultText: "that of the handler's file, or of the program",
    help:
      "Name of the server in its log and, for its children, in `ps`. It is also the `syslog_ident`, unless that is " +
      "set.",
  },
  {
    key: "conf_file",
    elsewhere: ["config"],
    short: "c",
    common: true,
    kind: "path",
    personality: "base",
    section: "General",
    apply: "restart",
    status: "supported",
    help:
      "Configuration file: TOML, or Net::Server's `key value` lines. A name that ends in `.toml` is TOML. " +
      "Otherwise the content decides.",
  },
  {
    key: "pid_file",
    elsewhere: ["pid"],
    common: true,
    kind: "path",
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help: "File with the PID of the parent. It is locked while the server runs, so that a stale file is " +
      "recognized, and removed when the server stops.",
  },
  {
    key: "background",
    elsewhere: ["daemon", "D", "daemonize", "detach"],
    kind: "bool",
    default: false,
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help: "Run in the background. The command returns when the server is listening, or prints the error.",
  },
  {
    key: "setsid",
    common: true,
    kind: "bool",
    default: false,
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help:
      "Like `background`, in a new session (setsid(2)). Standard streams go to /dev/null or the log file.",
  },
  {
    key: "user",
    common: true,
    kind: "string",
    min: 1,
    defaultText: "the caller",
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help: "Run as this user (name or number). Changed after the ports are bound. Without `group`, with the " +
      "groups of that user.",
  },
  {
    key: "group",
    common: true,
    kind: "string",
    min: 1,
    defaultText: "the caller's",
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help:
      "Run with these groups (names or numbers), separated by whitespace or commas. Changed after the ports " +
      "are bound. The first is the process's group. There are no other supplementary groups.",
  },
  {
    key: "chroot",
    kind: "path",
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help:
      "Directory to chroot(2) each child into before its first connection. The parent stays outside and " +
      "keeps its privileges, because no child could be started from inside.",
  },
  {
    key: "no_client_stdout",
    kind: "bool",
    default: true,
    personality: "base",
    section: "General",
    apply: "restart",
    status: "supported",
    help: "Accepted and ignored: standard output is never tied to the client.",
  },
  {
    key: "tie_client_stdout",
    kind: "bool",
    personality: "base",
    section: "General",
    apply: "restart",
    status: "never",
    remedy: "remove it, and write to the connection: standard output is never tied to the client here",
    help: "Ties Perl's STDIN and STDOUT to the client.",
  },
  {
    key: "tied_stdin_callback",
    kind: "string",
    personality: "base",
    section: "General",
    apply: "restart",
    status: "never",
    remedy: "remove it, and read from the connection: standard input is never tied to the client here",
    help: "Perl function that reads from a tied STDIN.",
  },
  {
    key: "tied_stdout_callback",
    kind: "string",
    personality: "base",
    section: "General",
    apply: "restart",
    status: "never",
    remedy: "remove it, and write to the connection: standard output is never tied to the client here",
    help: "Perl function that writes to a tied STDOUT.",
  },
  {
    key: "SSL_use_cert",
    kind: "bool",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "later",
    help: "Use a certificate also where none is needed.",
  },
  {
    key: "SSL_verify_mode",
    kind: "int",
    min: 0,
    max: 15,
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "later",
    help: "How to check the client's certificate, as OpenSSL counts.",
  },
  {
    key: "SSL_key_file",
    kind: "path",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "later",
    help: "File with the private key.",
  },
  {
    key: "SSL_cert_file",
    kind: "path",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "later",
    help: "File with the certificate.",
  },
  {
    key: "SSL_ca_path",
    kind: "path",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "later",
    help: "Directory with certificates of authorities to trust.",
  },
  {
    key: "SSL_ca_file",
    kind: "path",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "later",
    help: "File with certificates of authorities to trust.",
  },
  {
    key: "SSL_cipher_list",
    kind: "string",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "later",
    help: "Ciphers to use, as OpenSSL writes them.",
  },
  {
    key: "SSL_passwd_cb",
    kind: "string",
    secret: true,
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "never",
    remedy: "use a key file without a passphrase: it names a Perl function",
    help: "Perl function that gives the passphrase of the private key.",
  },
  {
    key: "SSL_max_getline_length",
    kind: "int",
    min: 0,
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "never",
    remedy: "give the limit to the connection's readLine",
    help: "Bytes in a line at most.",
  },
  {
    key: "SSL_error_callback",
    kind: "string",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "never",
    remedy: "remove it: it names a Perl function, and errors of TLS are logged",
    help: "Perl function that is told of errors.",
  },
  {
    key: "SSL_verify_callback",
    kind: "string",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "never",
    remedy: "use the allowDeny hook: it names a Perl function",
    help: "Perl function that checks the client's certificate.",
  },
  {
    key: "SSL_version",
    kind: "string",
    personality: "base",
    section: "TLS",
    apply: "restart",
    status: "later",
    help: "Versions of TLS to speak, as IO::Socket::SSL writes them.",
  },
  {
    key: "timeout_header",
    kind: "seconds",
    min: 0,
    default: 15,
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "supported",
    help:
      "Seconds from the first byte of a request, or from the connection's beginning, to the end of its header. The " +
      "client gets the status 408 then. 0 is no limit.",
  },
  {
    key: "timeout_idle",
    kind: "seconds",
    min: 0,
    default: 60,
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "supported",
    help:
      "Seconds that a request may be idle: without a byte of its body, or of its answer, that the client sends or takes. " +
      "0 is no limit.",
  },
  {
    key: "server_revision",
    kind: "string",
    defaultText: "`Tine/` and its version",
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "supported",
    help: "Value of the header `Server`. Empty for none.",
  },
  {
    key: "max_header_size",
    kind: "int",
    min: 1,
    default: 100000,
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "supported",
    help:
      "Maximum size of a request's header in bytes. The client gets the status 431, or 414 if it is the request line.",
  },
  {
    key: "max_headers",
    kind: "int",
    min: 1,
    default: 100,
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "supported",
    help: "Maximum number of headers in a request. The client gets the status 431. Not in Net::Server.",
  },
  {
    key: "max_body_size",
    kind: "int",
    min: 0,
    default: 134_217_728,
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "supported",
    help: "Maximum size of a request's body in bytes. The client gets the status 413. Not in Net::Server.",
  },
  {
    key: "keepalive_timeout",
    kind: "seconds",
    min: 0,
    default: 5,
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "supported",
    help:
      "Seconds that a connection stays open for another request. 0 is no limit. Not in Net::Server, which closes after " +
      "each request.",
  },
  {
    key: "max_keepalive_requests",
    kind: "int",
    min: 1,
    default: 1000,
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "supported",
    help:
      "Requests on one connection, which is closed after the last. 1 is no keep-alive. Not in Net::Server.",
  },
  {
    key: "access_log_format",
    kind: "string",
    default: '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "later",
    help: "Form of the access log, as Apache writes it.",
  },
  {
    key: "access_log_file",
    kind: "path",
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "later",
    help: "File to append the access log to; `STDERR` and `STDOUT` are the standard streams.",
  },
  {
    key: "access_log_function",
    kind: "string",
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "never",
    remedy: "use access_log_file: it names a Perl method",
    help: "Perl method that takes the access log's lines.",
  },
  {
    key: "enable_dispatch",
    kind: "bool",
    default: false,
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "supported",
    help:
      "Let `app` serve its locations beside a handler with `fetch`, which serves all other paths. Without it, `app` " +
      "and such a handler together are an error.",
  },
  {
    key: "app",
    kind: "string",
    min: 1,
    multi: true,
    default: [],
    example: "/assets=./public/",
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "supported",
    help:
      "Location and target, as `location=target` or `location target`; repeatable. The target is a folder of files, a " +
      "module with `fetch`, or a CGI program. The first location that matches the path serves the request. Where no " +
      "location is `/`, the first target serves that too. In a configuration file a target is relative to that file.",
  },
  {
    key: "default_content_type",
    kind: "string",
    min: 1,
    defaultText: "`text/html` for CGI programs, else none",
    example: "text/html",
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "supported",
    help: "Content type of answers that name none, of handlers, files and CGI programs.",
  },
  {
    key: "allow_body_on_all_statuses",
    kind: "bool",
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "never",
    remedy:
      "remove it: on a connection that stays open, the client would take such a body for the next answer",
    help: "Allow a body with the statuses 204, 304 and 1xx.",
  },
] as const satisfies readonly OptionRow[];

/** `max_servers` → `maxServers` */
export function camelCase(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A `[[port]]` table: one port, its parts not yet understood. */
export interface PortTable {
  /** A number, the name of a service, or any text that `port` takes. */
  readonly port: string | number;
  /** Host name or address; without it, that of the option `host`. */
  readonly host?: string;
  /** Protocol; without it, that of the option `proto`. */
  readonly proto?: string;
  /** IP version; without it, that of the option `ipv`. */
  readonly ipv?: string;
}

/** One entry of the option `port`, as it was written. */
export type PortEntry = string | PortTable;

/** The type of one value of an option of the program's own, by what it declares. */
export type OwnValue<O extends OwnOption> = O extends { kind: "int" | "seconds" } ? number
  : O extends { kind: "bool" } ? boolean
  : O extends { kind: "enum"; values: readonly (infer V)[] } ? V
  : O extends { kind: "ports" } ? PortEntry
  : O extends { kind: "watched" } ? boolean | string
  : string;

/** The values of the program's own options, by their own names: what `options` declares says of which type. */
export type OwnValues<Own extends OwnOptions> = string extends keyof Own ? Readonly<Record<string, unknown>>
  :
    & {
      readonly [
        // One that has a default, or is a list, always has a value.
        K in keyof Own as Own[K] extends { default: unknown } | { multi: true } ? K : never
      ]: Own[K] extends { multi: true } ? readonly OwnValue<Own[K]>[] : OwnValue<Own[K]>;
    }
    & {
      readonly [K in keyof Own as Own[K] extends { default: unknown } | { multi: true } ? never : K]?:
        OwnValue<
          Own[K]
        >;
    };

/**
 * Options as code gives them: what `run` is given (Net::Server's arguments of `run`) and a handler's `defaults`
 * (`default_values`). As in {@linkcode Config}, with one value where that has a list. A field that is `undefined` is not
 * given.
 */
export type PartialConfig =
  & {
    readonly [
      K in keyof Config as Exclude<K, "own" | "port" | "ipv" | "reverseLookups" | "doubleReverseLookups">
    ]?:
      | (Config[K] extends readonly (infer V)[] ? V | Config[K] : Config[K])
      | undefined;
  }
  & {
    /** As {@linkcode Config.port}, with numbers and tables too. */
    readonly port?: string | number | PortTable | readonly (string | number | PortTable)[] | undefined;
    /** As {@linkcode Config.ipv}, with numbers too. */
    readonly ipv?: string | number | readonly (string | number)[] | undefined;
    /** As {@linkcode Config.reverseLookups}, with `true` and `false` too. */
    readonly reverseLookups?: Config["reverseLookups"] | boolean;
    /** As {@linkcode Config.doubleReverseLookups}, with `true` and `false` too. */
    readonly doubleReverseLookups?: Config["doubleReverseLookups"] | boolean;
    /** Values of the program's own options, by their own names. */
    readonly own?: Readonly<Record<string, unknown>>;
  };

/** The program's own options, by name: letters, digits and `_`, none of Tine's own names. */
export type OwnOptions = Readonly<Record<string, OwnOption>>;

const BY_NAME: ReadonlyMap<string, OptionRow> = new Map(
  (OPTIONS as readonly OptionRow[]).flatMap((row): [string, OptionRow][] =>
    row.alias === undefined ? [[row.key, row]] : [[row.key, row], [row.alias, row]]
  ),
);

/** The row of an option, by its key or alias; undefined where there is none. */
export function findOption(name: string): OptionRow | undefined {
  return BY_NAME.get(name);
}

/** The key of the option that a letter stands for; undefined where there is none. */
export function keyOfLetter(letter: string): string | undefined {
  return (OPTIONS as readonly OptionRow[]).find(({ short }) => short === letter)?.key;
}

/** Every name that the table knows, aliases included, in the order of the table. */
export function optionNames(): readonly string[] {
  return [...BY_NAME.keys()];
}
