// deno-fmt-ignore-file

/**
 * The options in force. Generated: `deno run -A scripts/docs.ts` writes it from lib/config/options.ts.
 *
 * @module
 */

import type { OwnOptions, OwnValues, PortEntry } from "./options.ts";

/** The options in force, by their camelCase names, and the program's own. Frozen. */
export interface Config<Own extends OwnOptions = OwnOptions> {
  /**
   * Port to listen on, as `port`, `host:port`, `host:port/proto` or `host:port/proto/ipv`; repeatable. A port
   * is a number or the name of a service. 0 lets the system choose one. HTTP has 8080 by default. Parts may
   * be separated by `:`, `/`, `|`, commas or whitespace. An IPv6 address stands in square brackets. In TOML
   * and in code an entry may be a table with `port`, `host`, `proto` and `ipv`. Default: `20203`. The option
   * `port`.
   */
  readonly port: readonly PortEntry[];
  /**
   * Address or host name for ports without one; repeatable. `*` is every address of the machine. The first
   * `host` goes with the first `port` and so on. The last one applies to all further ports. Default: `*`. The
   * option `host`.
   */
  readonly host: readonly string[];
  /**
   * Protocol for ports without one: `tcp`, `udp`, `unix` or `unixdgram`; repeatable. Goes with `port` as
   * `host` does. For the last two, the port is the path of the socket. Default: `tcp`. The option `proto`.
   */
  readonly proto: readonly string[];
  /**
   * IP version for ports without one: `4`, `6`, `*` for what the host resolves to, or `IPv4 IPv6` for both;
   * repeatable. Goes with `port` as `host` does. Default: `*`. The option `ipv`.
   */
  readonly ipv: readonly string[];
  /**
   * Listen backlog: connections that wait to be accepted. The system has its own upper limit
   * (`net.core.somaxconn` on Linux). 1 to 65535. Default: SOMAXCONN. The option `listen`.
   */
  readonly listen?: number;
  /**
   * Seconds that a read from a connection may wait for data. 0 is no limit. A handler can set another one for
   * its connection. Not in Net::Server. 0 or more. Default: `0`. The option `idle_timeout`.
   */
  readonly idleTimeout: number;
  /**
   * Maximum datagram size in bytes. Longer datagrams are truncated, which is logged once. 1 to 65535.
   * Default: `4096`. The option `udp_recv_len`.
   */
  readonly udpRecvLen: number;
  /**
   * Flags for `recv` on a datagram socket, as a number. MSG_OOB (1) and MSG_PEEK (2) are errors. 0 or more.
   * Default: `0`. The option `udp_recv_flags`.
   */
  readonly udpRecvFlags: number;
  /**
   * Allow datagrams to and from broadcast addresses on UDP sockets (SO_BROADCAST). Default: `0`. The option
   * `udp_broadcast`.
   */
  readonly udpBroadcast: boolean;
  /**
   * Type of ports with `proto = unix`; SOCK_DGRAM makes them `unixdgram`. Default: `SOCK_STREAM`. The option
   * `unix_type`.
   */
  readonly unixType: "SOCK_STREAM" | "SOCK_DGRAM";
  /**
   * Mode of Unix socket files in octal, such as `0660`. Clients need write permission. Not in Net::Server.
   * Default: as the umask says. The option `unix_mode`.
   */
  readonly unixMode?: string;
  /**
   * Number of children. PreForkSimple always runs that many, the others at most that many; Fork has 256 by
   * default, and HTTP on PreForkSimple one per processor that it may use. SIGTTIN adds one while the server
   * runs, SIGTTOU removes one. 1 to 4096. Default: `50`. The option `max_servers`.
   */
  readonly maxServers: number;
  /**
   * Connections a child handles before it is replaced. As in Net::Server, 0 means 1. 0 or more. Default:
   * `1000`. The option `max_requests`.
   */
  readonly maxRequests: number;
  /**
   * Connections a child handles at the same time. Above 1, a connection goes to an idle child before it goes
   * to a busy one. Needs Linux, and no serializer. HTTP has 256 by default where that is possible. 1 or more.
   * Default: `1`. The option `max_clients`.
   */
  readonly maxClients: number;
  /**
   * Seconds between checks for dead children that went unnoticed. 0 or more. Default: `30`. The option
   * `check_for_dead`.
   */
  readonly checkForDead: number;
  /**
   * Seconds between SIGTERM and SIGKILL for children when the server stops. Also the time that connections
   * get at a reload. Not in Net::Server. 0 or more. Default: `10`. The option `stop_timeout`.
   */
  readonly stopTimeout: number;
  /**
   * How children take turns accepting connections: `flock`, `semaphore`, `pipe` or `none`. With several
   * ports, `none` is not possible and the default applies. Default: chosen once the ports are bound. The
   * option `serialize`.
   */
  readonly serialize?: "flock" | "semaphore" | "pipe" | "none";
  /**
   * File to lock for `serialize = flock`. A named file is not deleted when the server stops. Default: a
   * temporary file. The option `lock_file`.
   */
  readonly lockFile?: string;
  /**
   * Maximum number of dequeue processes, which run the hook `runDequeue`. 0 is none. 0 to 4096. Default:
   * none. The option `max_dequeue`.
   */
  readonly maxDequeue?: number;
  /**
   * Seconds between starts of a dequeue process. Without it none is started. 0 or more. Default: none. The
   * option `check_for_dequeue`.
   */
  readonly checkForDequeue?: number;
  /**
   * Signals that the parent passes on to its children, with or without `SIG`; repeatable, or separated by
   * commas. Default: `none`. The option `sig_passthrough`.
   */
  readonly sigPassthrough: readonly string[];
  /**
   * On a reload, let busy children finish their connections without a time limit, while new children already
   * serve. Default: `0`. The option `leave_children_open_on_hup`.
   */
  readonly leaveChildrenOpenOnHup: boolean;
  /**
   * Do not let `serverClose` in a child stop the whole server. The child still exits. Default: `0`. The
   * option `no_close_by_child`.
   */
  readonly noCloseByChild: boolean;
  /**
   * Minimum number of children. Without it, `max_servers` if that is less. 1 or more. Default: `5`. The
   * option `min_servers`.
   */
  readonly minServers: number;
  /**
   * Minimum number of idle children. If fewer are idle, children are started, and more of them the longer
   * connections wait. Without it, never more than `min_servers` or `max_spare_servers`; Fork has two per
   * core. 0 or more. Default: `2`. The option `min_spare_servers`.
   */
  readonly minSpareServers: number;
  /**
   * Maximum number of idle children. Half of the excess exits at each check. Without it, always less than
   * `max_servers`; Fork has four per core. 0 or more. Default: `10`. The option `max_spare_servers`.
   */
  readonly maxSpareServers: number;
  /**
   * Seconds between checks for too many idle children. 0 or more. Default: `10`. The option
   * `check_for_waiting`.
   */
  readonly checkForWaiting: number;
  /**
   * Seconds between periodic checks for missing children. If too few are idle, children are started at once.
   * 0 or more. Default: `30`. The option `check_for_spawn`.
   */
  readonly checkForSpawn: number;
  /**
   * Seconds between starting a child and stopping an idle one, as a minimum. 0 or more. Default: `10`. The
   * option `min_child_ttl`.
   */
  readonly minChildTtl: number;
  /**
   * Let children send messages to the parent (`tellParent`), whose hook `childIsTalking` gets them. Default:
   * `0`. The option `child_communication`.
   */
  readonly childCommunication: boolean;
  /**
   * Program to run per connection in place of a handler, with its arguments. The connection is its standard
   * input and output. A list of words. In a `key value` file, one line with quotes as in a shell. On the
   * command line, all that follows `--`. A program without a `/` is looked up in PATH once, at the start. Not
   * in Net::Server. Default: none. The option `exec`.
   */
  readonly exec: readonly string[];
  /**
   * Seconds that a program of `exec` or `app` may run. 0 is no limit. Then its process group gets SIGTERM.
   * With a limit, processes that a program leaves in its group end with it. Not in Net::Server. 0 or more.
   * Default: `0`. The option `exec_timeout`.
   */
  readonly execTimeout: number;
  /**
   * Seconds between SIGTERM and SIGKILL for a program of `exec` or `app`. When the server stops, half of
   * `stop_timeout` at most. Not in Net::Server. 0 or more. Default: `5`. The option `exec_kill_after`.
   */
  readonly execKillAfter: number;
  /**
   * Where the standard error of a program of `exec` goes: to the `log`, one log line per line, or to the
   * `client` as under inetd. Not in Net::Server. Default: `log`. The option `exec_stderr`.
   */
  readonly execStderr: "log" | "client";
  /**
   * How much to log: 0 errors that stop the server, 1 warnings, 2 notices, 3 information, 4 debugging. More
   * than 4 means 4. 0 or more. Default: `2`. The option `log_level`.
   */
  readonly logLevel: number;
  /**
   * File to append the log to, or `Sys::Syslog` to send it to syslog. The parent opens it and children
   * inherit it. SIGUSR1 reopens it. Default: standard error. The option `log_file`.
   */
  readonly logFile?: string;
  /**
   * Format of the log: `line` (time, process and message) or `json` (one object per line). Not in
   * Net::Server. Default: `line`. The option `log_format`.
   */
  readonly logFormat: "line" | "json";
  /**
   * How to reach syslog: `native`, `unix`, `stream`, `udp`, `tcp`, `inet` (tcp, else udp) or `console`. An
   * address may follow: `unix:/run/log`, `udp:192.0.2.1`, `tcp:[2001:db8::1]:6514`. Without one it is
   * /dev/log, or port 514 of this machine. Default: `native`. The option `syslog_logsock`.
   */
  readonly syslogLogsock: string;
  /**
   * Program name in syslog. Default: `net_server`. The option `syslog_ident`.
   */
  readonly syslogIdent: string;
  /**
   * Options for syslog, separated by `|` or commas: `pid` writes the PID, `ndelay` connects at once, `cons`
   * writes to the console while the daemon is away. `nowait` and `nofatal` always apply. Default: `pid`. The
   * option `syslog_logopt`.
   */
  readonly syslogLogopt: string;
  /**
   * Facility in syslog, such as `daemon`, `mail` or `local0`. Default: `daemon`. The option
   * `syslog_facility`.
   */
  readonly syslogFacility: string;
  /**
   * Allow clients whose address (or host name, with `reverse_lookups`) matches this Perl regular expression
   * completely; repeatable. If there is any rule, a client that matches no `allow` and no `cidr_allow` is
   * denied. Default: `none`. The option `allow`.
   */
  readonly allow: readonly string[];
  /**
   * Deny clients whose address (or host name, with `reverse_lookups`) matches this Perl regular expression
   * completely; repeatable. Checked before `allow` and `cidr_allow`. Alone it allows nobody. Default: `none`.
   * The option `deny`.
   */
  readonly deny: readonly string[];
  /**
   * Allow a block of addresses, such as `192.0.2.0/24`, `2001:db8::/32`, `192.0.2.1-192.0.2.9` or one
   * address; repeatable. Default: `none`. The option `cidr_allow`.
   */
  readonly cidrAllow: readonly string[];
  /**
   * Deny a block of addresses, such as `192.0.2.4/30`; repeatable. Checked before `allow` and `cidr_allow`.
   * Default: `none`. The option `cidr_deny`.
   */
  readonly cidrDeny: readonly string[];
  /**
   * Look up the host name of each client, for `allow`, `deny`, the log and the handler. `double` also denies
   * clients whose name does not resolve back to their address. Default: none. The option `reverse_lookups`.
   */
  readonly reverseLookups?: "1" | "0" | "on" | "off" | "double" | "double-detail" | "double-autofail" | "double-debug";
  /**
   * Same as `reverse_lookups = double`. At log level 3, `detail` logs the addresses that did not match and
   * `debug` those that did. `autofail` denies every client and logs whether it would have been denied.
   * Default: none. The option `double_reverse_lookups`.
   */
  readonly doubleReverseLookups?: "1" | "0" | "on" | "off" | "detail" | "autofail" | "debug";
  /**
   * Seconds for the DNS lookups of one client. Afterwards the client has no host name. Not in Net::Server.
   * 0.01 or more. Default: `2`. The option `lookup_timeout`.
   */
  readonly lookupTimeout: number;
  /**
   * Process model (personality); repeatable. The first is used. HTTP may stand beside it: clients speak HTTP
   * then, as they do with a handler that has `fetch`. Default: `PreForkSimple`. The option `server_type`.
   */
  readonly serverType: readonly ("PreForkSimple" | "PreFork" | "Fork" | "Single" | "INET" | "Multiplex" | "MultiType" | "HTTP")[];
  /**
   * Module that serves connections, for the command line: the same as the argument HANDLER. A path in a
   * configuration file is relative to that file. A URL is possible. Default: none. The option `handler`.
   */
  readonly handler?: string;
  /**
   * Reload when the handler changes, or a local module that it imports, or the configuration file. A pattern
   * instead of 1 adds the files that match it, such as `templates/*.html`; repeatable. In a configuration
   * file it is relative to that file. For development. Not in Net::Server. Default: off. The option `watch`.
   */
  readonly watch: readonly (boolean | string)[];
  /**
   * Name of the server in its log and, for its children, in `ps`. It is also the `syslog_ident`, unless that
   * is set. Default: that of the handler's file, or of the program. The option `name`.
   */
  readonly name?: string;
  /**
   * Configuration file: TOML, or Net::Server's `key value` lines. A name that ends in `.toml` is TOML.
   * Otherwise the content decides. Default: none. The option `conf_file`.
   */
  readonly confFile?: string;
  /**
   * File with the PID of the parent. It is locked while the server runs, so that a stale file is recognized,
   * and removed when the server stops. Default: none. The option `pid_file`.
   */
  readonly pidFile?: string;
  /**
   * Run in the background. The command returns when the server is listening, or prints the error. Default:
   * `0`. The option `background`.
   */
  readonly background: boolean;
  /**
   * Like `background`, in a new session (setsid(2)). Standard streams go to /dev/null or the log file.
   * Default: `0`. The option `setsid`.
   */
  readonly setsid: boolean;
  /**
   * Run as this user (name or number). Changed after the ports are bound. Without `group`, with the groups of
   * that user. Default: the caller. The option `user`.
   */
  readonly user?: string;
  /**
   * Run with these groups (names or numbers), separated by whitespace or commas. Changed after the ports are
   * bound. The first is the process's group. There are no other supplementary groups. Default: the caller's.
   * The option `group`.
   */
  readonly group?: string;
  /**
   * Directory to chroot(2) each child into before its first connection. The parent stays outside and keeps
   * its privileges, because no child could be started from inside. Default: none. The option `chroot`.
   */
  readonly chroot?: string;
  /**
   * Accepted and ignored: standard output is never tied to the client. Default: `1`. The option
   * `no_client_stdout`.
   */
  readonly noClientStdout: boolean;
  /**
   * Seconds from the first byte of a request, or from the connection's beginning, to the end of its header.
   * The client gets the status 408 then. 0 is no limit. 0 or more. Default: `15`. The option
   * `timeout_header`.
   */
  readonly timeoutHeader: number;
  /**
   * Seconds that a request may be idle: without a byte of its body, or of its answer, that the client sends
   * or takes. 0 is no limit. 0 or more. Default: `60`. The option `timeout_idle`.
   */
  readonly timeoutIdle: number;
  /**
   * Value of the header `Server`. Empty for none. Default: `Tine/` and its version. The option
   * `server_revision`.
   */
  readonly serverRevision?: string;
  /**
   * Maximum size of a request's header in bytes. The client gets the status 431, or 414 if it is the request
   * line. 1 or more. Default: `100000`. The option `max_header_size`.
   */
  readonly maxHeaderSize: number;
  /**
   * Maximum number of headers in a request. The client gets the status 431. Not in Net::Server. 1 or more.
   * Default: `100`. The option `max_headers`.
   */
  readonly maxHeaders: number;
  /**
   * Maximum size of a request's body in bytes. The client gets the status 413. Not in Net::Server. 0 or more.
   * Default: `134217728`. The option `max_body_size`.
   */
  readonly maxBodySize: number;
  /**
   * Seconds that a connection stays open for another request. 0 is no limit. Not in Net::Server, which closes
   * after each request. 0 or more. Default: `5`. The option `keepalive_timeout`.
   */
  readonly keepaliveTimeout: number;
  /**
   * Requests on one connection, which is closed after the last. 1 is no keep-alive. Not in Net::Server. 1 or
   * more. Default: `1000`. The option `max_keepalive_requests`.
   */
  readonly maxKeepaliveRequests: number;
  /**
   * Let `app` serve its locations beside a handler with `fetch`, which serves all other paths. Without it,
   * `app` and such a handler together are an error. Default: `0`. The option `enable_dispatch`.
   */
  readonly enableDispatch: boolean;
  /**
   * Location and target, as `location=target` or `location target`; repeatable. The target is a folder of
   * files, a module with `fetch`, or a CGI program. The first location that matches the path serves the
   * request. Where no location is `/`, the first target serves that too. In a configuration file a target is
   * relative to that file. Default: `none`. The option `app`.
   */
  readonly app: readonly string[];
  /**
   * Content type of answers that name none, of handlers, files and CGI programs. Default: `text/html` for CGI
   * programs, else none. The option `default_content_type`.
   */
  readonly defaultContentType?: string;
  /** The values of the program's own options, by their own names. */
  readonly own: OwnValues<Own>;
}
