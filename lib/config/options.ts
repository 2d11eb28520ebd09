/**
 * The one table of options. The command line, `--help`, both file parsers, the documentation, the sample files
 * and the JSON schema all derive from it, and nothing else lists options.
 *
 * A row's key is Net::Server's name; in TypeScript the same words stand in camelCase ({@linkcode Config}).
 *
 * @module
 */

import { PERSONALITIES } from "../personality/personality.ts";

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
  | "ports";

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
export interface Definition {
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
export interface OptionRow extends Definition {
  /** Net::Server's name. */
  readonly key: string;
  /** Another name for the same option. */
  readonly alias?: string;
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
    alias: "ports",
    kind: "ports",
    multi: true,
    default: ["20203"],
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help:
      "Port to listen on, as `port`, `host:port`, `host:port/proto` or `host:port/proto/ipv`; repeatable. A port is a " +
      "number or the name of a service; 0 lets the system choose one. Parts may be separated by `:`, `/`, `|`, " +
      "commas or blanks; an IPv6 address stands in square brackets. In TOML and in code an entry may be a table " +
      "with `port`, `host`, `proto` and `ipv`.",
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
      "Address or host name to bind ports that name none; `*` is every address of the machine; repeatable. The " +
      "first `host` goes with the first `port` and so on; the last one serves all further ports.",
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
      "Protocol of ports that name none: `tcp`, `udp`, `unix` or `unixdgram`; repeatable. Goes with `port` as `host` " +
      "does. For the last two, the port is the path of a socket's file.",
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
      "IP version of ports that name none: `4`, `6`, `*` for what the host resolves to, or `IPv4 IPv6` for both; " +
      "repeatable. Goes with `port` as `host` does.",
  },
  {
    key: "listen",
    kind: "int",
    min: 1,
    max: 65535,
    defaultText: "SOMAXCONN",
    personality: "base",
    section: "Listening",
    apply: "restart",
    status: "supported",
    help: "Clients that the system may queue before they are accepted. The system has its own upper limit " +
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
      "Seconds that a read from a client may wait for data; 0 is no limit. Tine's own; a handler can set " +
      "another limit for its connection.",
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
    help: "Bytes to take of a datagram at most. What is longer is cut, and the log says so once.",
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
    help: "Flags for `recv` on a datagram socket, as a number. MSG_OOB (1) and MSG_PEEK (2) are refused.",
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
      "Mode of the files of unix sockets, in octal, such as `0660`: who may write may connect. Tine's own.",
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
    kind: "int",
    min: 1,
    max: 4096,
    default: 50,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help:
      "Children that serve clients. PreForkSimple has always as many, others at most; Fork has 256 by default. " +
      "SIGTTIN adds one while the server runs, SIGTTOU takes one away.",
  },
  {
    key: "max_requests",
    kind: "int",
    min: 0,
    default: 1000,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Clients that a child serves before another takes its place. As in Net::Server, 0 is read as 1.",
  },
  {
    key: "max_clients",
    kind: "int",
    min: 1,
    default: 1,
    personality: "PreForkSimple",
    section: "Children",
    apply: "live",
    status: "supported",
    help:
      "Clients that a child serves at the same time. Above 1, a client goes to a child that has none before it goes " +
      "to one that has some. Needs Linux, and no serializer.",
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
    help: "Seconds between checks for children that died unnoticed.",
  },
  {
    key: "stop_timeout",
    kind: "seconds",
    min: 0,
    default: 10,
    personality: "base",
    section: "Children",
    apply: "live",
    status: "supported",
    help: "Seconds that children get to end after SIGTERM before they are killed. Tine's own.",
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
      "How children take turns at accepting: `flock`, `semaphore`, `pipe` or `none`. With several ports, `none` " +
      "is not possible and the default is taken instead.",
  },
  {
    key: "lock_file",
    kind: "path",
    defaultText: "a temporary file",
    personality: "PreForkSimple",
    section: "Children",
    apply: "restart",
    status: "supported",
    help:
      "File to lock for `serialize = flock`. One that is named here is left in place when the server ends.",
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
    help: "Dequeue processes at most; 0 is none. They run the `runDequeue` hook.",
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
    help: "On SIGHUP, let busy children finish their clients without a limit, beside the new ones.",
  },
  {
    key: "no_close_by_child",
    kind: "bool",
    default: false,
    personality: "base",
    section: "Children",
    apply: "restart",
    status: "supported",
    help: "Do not let a child close the whole server.",
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
    help: "Children to keep running at least. Where it is not given, it is not more than `max_servers`.",
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
      "Children to keep waiting for clients at least. When fewer wait, children are started, the more the longer clients " +
      "wait. Where it is not given, it is not more than `min_servers` or `max_spare_servers`; Fork has two a core.",
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
      "Children to keep waiting for clients at most. Of those beyond, half leave at each check. Where it is not given, it " +
      "is less than `max_servers`; Fork has four a core.",
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
    help: "Seconds between checks whether too many children wait.",
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
      "Seconds between checks for children to add that nothing else prompts. Children are added at once when too few wait.",
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
    help: "Seconds at least between the start of a child and the dismissal of one.",
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
    kind: "words",
    multi: true,
    default: [],
    defaultText: "none",
    personality: "base",
    section: "Exec",
    apply: "restart",
    status: "supported",
    help:
      "Program to run for each client in place of a handler, with its arguments. The socket is its standard input and " +
      "output. A list of words; in a `key value` file one line, with quotes as a shell has them; on the command line " +
      "all that follows `--`. A program without a `/` is looked for in PATH once, at the start. Tine's own.",
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
      "Seconds that a program of `exec` may run; 0 is no limit. Then its process group gets SIGTERM. With a limit, " +
      "what a program leaves behind in its group ends with it. Tine's own.",
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
      "Seconds from SIGTERM to SIGKILL for a program of `exec` that is to end. When the server stops, it is at most " +
      "half of `stop_timeout`. Tine's own.",
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
      "Where the standard error of a program of `exec` goes: to the `log`, each line as one of the log, or to the `client` as under inetd. Tine's own.",
  },
  {
    key: "log_level",
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
      "How much to log: 0 fatal errors, 1 errors, 2 notices, 3 information, 4 debugging. More than 4 is read as 4.",
  },
  {
    key: "log_file",
    kind: "path",
    defaultText: "standard error",
    personality: "base",
    section: "Logging",
    apply: "live",
    status: "supported",
    help:
      "File to append the log to, or `Sys::Syslog` to send it to syslog. The parent opens it and children inherit it; SIGUSR1 opens it again.",
  },
  {
    key: "log_format",
    kind: "enum",
    values: ["line", "json"],
    default: "line",
    personality: "base",
    section: "Logging",
    apply: "live",
    status: "supported",
    help:
      "Form of the log: `line`, which is the time, the process and the message, or `json`, an object a line. Tine's own.",
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
      "How to reach syslog: `native`, `unix`, `stream`, `udp`, `tcp`, `inet` (tcp, else udp) or `console`. A place may " +
      "follow: `unix:/run/log`, `udp:192.0.2.1`, `tcp:[2001:db8::1]:6514`; without one it is /dev/log, or port 514 " +
      "of this machine.",
  },
  {
    key: "syslog_ident",
    kind: "string",
    default: "net_server",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "supported",
    help: "Name under which to log to syslog.",
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
      "Options for syslog, separated by `|` or commas: `pid` writes the process id, `ndelay` connects at once, `cons` " +
      "writes to the console while the daemon is away; `nowait` and `nofatal` hold anyway.",
  },
  {
    key: "syslog_facility",
    kind: "string",
    default: "daemon",
    personality: "base",
    section: "Logging",
    apply: "restart",
    status: "supported",
    help: "Facility under which to log to syslog, such as `daemon`, `mail` or `local0`.",
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
    help:
      "Perl regular expression of addresses to let in, and with `reverse_lookups` of host names; repeatable. It must " +
      "match the whole of one; whoever matches no `allow` and no `cidr_allow` is turned away once there is any rule.",
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
    help:
      "Perl regular expression of addresses to turn away, and with `reverse_lookups` of host names; repeatable. It " +
      "goes before `allow` and `cidr_allow`, and lets nobody in by itself.",
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
      "Block of addresses to let in, such as `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.1-192.0.2.9` or an address; " +
      "repeatable.",
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
    help:
      "Block of addresses to turn away, such as `192.0.2.4/30`; repeatable. It goes before `allow` and `cidr_allow`.",
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
      "Look up the host name of each client, for `allow`, `deny`, the log and the handler; `double` also turns away " +
      "clients whose name does not have their address.",
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
      "Same as `reverse_lookups = double`. In the log at level 3: `detail` says which addresses did not match, " +
      "`debug` which did, and `autofail` turns everybody away and says why it would not have.",
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
      "Seconds that the lookups of a client may take together; then it goes on without a name. Tine's own.",
  },
  {
    key: "server_type",
    kind: "enum",
    multi: true,
    values: PERSONALITIES,
    default: ["PreForkSimple"],
    personality: "MultiType",
    section: "General",
    apply: "restart",
    status: "supported",
    help: "Personality of the server; repeatable: the first that can run is taken.",
  },
  {
    key: "conf_file",
    kind: "path",
    personality: "base",
    section: "General",
    apply: "restart",
    status: "supported",
    help:
      "File to read further options from: TOML, or Net::Server's `key value` lines. A name that ends in " +
      "`.toml` is TOML; for any other name the content decides.",
  },
  {
    key: "pid_file",
    kind: "path",
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help:
      "File to write the parent's process id to. It is locked while the server runs, so that a file that is left over is " +
      "recognized, and removed when the server ends.",
  },
  {
    key: "background",
    kind: "bool",
    default: false,
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help:
      "Leave the terminal once the server listens: the command ends then, or says why it does not listen.",
  },
  {
    key: "setsid",
    kind: "bool",
    default: false,
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help: "As `background`, as the leader of a session of its own; the standard streams are cut off.",
  },
  {
    key: "user",
    kind: "string",
    min: 1,
    defaultText: "the caller",
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help:
      "User, by name or number, to become once the ports are bound. Without `group`, the groups are that user's.",
  },
  {
    key: "group",
    kind: "string",
    min: 1,
    defaultText: "the caller's",
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help:
      "Groups, by name or number, to become a member of once the ports are bound; separated by blanks or commas. The " +
      "first is the process's group, and there are no others than these.",
  },
  {
    key: "chroot",
    kind: "path",
    personality: "base",
    section: "Daemon",
    apply: "restart",
    status: "supported",
    help:
      "Directory that each child makes its root before its first client. The parent stays outside and keeps its rights, " +
      "because no child could be started from inside.",
  },
  {
    key: "no_client_stdout",
    kind: "bool",
    default: true,
    personality: "base",
    section: "General",
    apply: "restart",
    status: "supported",
    help:
      "Accepted for Net::Server's sake, without effect: standard output is never tied to the client here.",
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
    status: "later",
    help: "Seconds to wait for the whole header of a request.",
  },
  {
    key: "timeout_idle",
    kind: "seconds",
    min: 0,
    default: 60,
    personality: "HTTP",
    section: "HTTP",
    apply: "live",
    status: "later",
    help: "Seconds that a request may be idle.",
  },
  {
    key: "server_revision",
    kind: "string",
    defaultText: "Tine and its version",
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "later",
    help: "Value of the header `Server`.",
  },
  {
    key: "max_header_size",
    kind: "int",
    min: 1,
    default: 100000,
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "later",
    help: "Bytes in a request's header at most.",
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
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "later",
    help: "Choose the program by the path of the request.",
  },
  {
    key: "app",
    kind: "string",
    multi: true,
    default: [],
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "later",
    help: "Location and CGI program, as `location=program`; repeatable.",
  },
  {
    key: "default_content_type",
    kind: "string",
    default: "text/html",
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "later",
    help: "Content type of answers that name none.",
  },
  {
    key: "allow_body_on_all_statuses",
    kind: "bool",
    default: false,
    personality: "HTTP",
    section: "HTTP",
    apply: "restart",
    status: "later",
    help: "Allow a body with the statuses 204, 304 and 1xx.",
  },
] as const satisfies readonly OptionRow[];

/** `max_servers` → `maxServers` */
export type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

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

/** The type of the table. */
export type Rows = typeof OPTIONS;
/** The type of one of its rows. */
export type Row = Rows[number];
/** The type of the rows whose options work. */
export type Supported = Extract<Row, { status: "supported" }>;

/** The type of one value of a row. */
export type ValueOf<R> = R extends { kind: "int" | "seconds" } ? number
  : R extends { kind: "bool" } ? boolean
  : R extends { kind: "enum"; values: readonly (infer V)[] } ? V
  : R extends { kind: "ports" } ? PortEntry
  : string;

/** The type of an option: one value, or a list of them. */
export type FieldOf<R> = R extends { multi: true } ? readonly ValueOf<R>[] : ValueOf<R>;

/** The options in force: those of the table by their camelCase names, and the program's own. Frozen. */
export type Config =
  & { readonly [R in Extract<Supported, { default: unknown }> as CamelCase<R["key"]>]: FieldOf<R> }
  & { readonly [R in Exclude<Supported, { default: unknown }> as CamelCase<R["key"]>]?: FieldOf<R> }
  & {
    /** The values of the program's own options, by their own names. */
    readonly own: Readonly<Record<string, unknown>>;
  };

/** A value as code may give it: numbers for ports and IP versions, one value for a list. */
export type Given<R> = R extends { kind: "ports" }
  ? string | number | PortTable | readonly (string | number | PortTable)[]
  : R extends { key: "reverse_lookups" | "double_reverse_lookups" } ? ValueOf<R> | boolean
  : R extends { key: "ipv" } ? string | number | readonly (string | number)[]
  : R extends { multi: true } ? ValueOf<R> | readonly ValueOf<R>[]
  : ValueOf<R>;

/**
 * Options as code gives them: what `run` is given (Net::Server's arguments of `run`) and a handler's `defaults`
 * (`default_values`). A field that is `undefined` is not given.
 */
export type PartialConfig =
  & { readonly [R in Supported as CamelCase<R["key"]>]?: Given<R> | undefined }
  & {
    /** Values of the program's own options, by their own names. */
    readonly own?: Readonly<Record<string, unknown>>;
  };

/** One of the program's own options. */
export type OwnOption = Definition;

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

/** Every name that the table knows, aliases included, in the order of the table. */
export function optionNames(): readonly string[] {
  return [...BY_NAME.keys()];
}
