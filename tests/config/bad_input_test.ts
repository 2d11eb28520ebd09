import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig, type Sources } from "../../lib/config/config.ts";
import type { OwnOptions, PartialConfig } from "../../lib/config/options.ts";
import { TineError } from "../../lib/errors.ts";
import { EX_CONFIG } from "../../lib/exit_codes.ts";
import { folderOfFile } from "../support/file_folder.ts";

const folder = folderOfFile("tine-bad-input-");

const OWN: OwnOptions = {
  greeting: { kind: "string", default: "hello", help: "Words to greet with." },
  password: { kind: "string", min: 8, secret: true, help: "A secret." },
};

/** Characters up to 255 as the bytes of their numbers. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Bad {
  readonly sources: Partial<Sources>;
  /** The message; `*` stands for the path of the test's folder. */
  readonly message: string;
}

const inFile = (text: string | Uint8Array, message: string, name = "bad.conf"): Bad => ({
  get sources() {
    return { argv: ["conf_file", file(name, text)] };
  },
  message,
});
const inToml = (text: string | Uint8Array, message: string) => inFile(text, message, "bad.toml");
const inLine = (line: string, message: string): Bad => ({ sources: { argv: line.split(" ") }, message });
const inCode = (code: unknown, message: string): Bad => ({
  sources: { code: code as PartialConfig },
  message,
});
const inOwn = (own: unknown, message: string): Bad => ({ sources: { own: own as OwnOptions }, message });

const BAD: readonly Bad[] = [
  inLine(
    "max_server 3",
    'command line:1: Cannot set "max_server": there is no such option; the nearest is "max_servers"',
  ),
  inLine(
    "greetin x",
    'command line:1: Cannot set "greetin": there is no such option; the nearest is "greeting"',
  ),
  inLine(
    "max_servers x",
    'command line:1: Cannot set max_servers to "x": it is not a whole number; give a whole number from 1 to 4096',
  ),
  inLine(
    "max_servers 0",
    'command line:1: Cannot set max_servers to "0": it is less than 1; give a whole number from 1 to 4096',
  ),
  inLine(
    "max_servers 4097",
    'command line:1: Cannot set max_servers to "4097": it is more than 4096; give a whole number from 1 to 4096',
  ),
  inLine(
    "max_servers=",
    'command line:1: Cannot set max_servers to "": it is empty; give a whole number from 1 to 4096',
  ),
  inLine(
    "port 80 max_servers 3 max_servers 4",
    "command line:5: Cannot set max_servers twice: it was set at command line:3 already; remove one of the two",
  ),
  inLine(
    "log_level debug",
    'command line:1: Cannot set log_level to "debug": it is not a whole number; give a whole number from 0 to 4',
  ),
  inLine(
    "check_for_dead -1",
    'command line:1: Cannot set check_for_dead to "-1": it is less than 0; give a number of seconds from 0 to 2147483',
  ),
  inLine(
    "no_close_by_child port",
    'command line:1: Cannot set no_close_by_child to "port": it is not true or false; give true or false (as text also 1 or 0, on or off, yes or no)',
  ),
  inLine(
    "serialize lock",
    'command line:1: Cannot set serialize to "lock": it is not one of its values; give one of flock, semaphore, pipe, none',
  ),
  inLine(
    "sig_passthrough KILL",
    'command line:1: Cannot set sig_passthrough to "KILL": it is not a list of signals that can be caught; give names of signals that can be caught, such as USR1 or SIGUSR1',
  ),
  inLine(
    "port",
    "command line:1: Cannot set port: no value follows it; give a port, as 20203, localhost:20203/tcp or a table with port, host, proto and ipv",
  ),
  inLine(
    "--setsid --max_servers --background",
    "command line:2: Cannot set max_servers: no value follows it; give a whole number from 1 to 4096",
  ),
  inLine("allow", "command line:1: Cannot set allow: no value follows it; give a regular expression"),
  inLine("conf_file", "command line:1: Cannot set conf_file: no value follows it; give a path"),
  inLine(
    "workers 4",
    'command line:1: Cannot set "workers": there is no such option; here it is called "max_servers"',
  ),
  inFile(
    "",
    'command line:1: Cannot read configuration file "*/bad.conf": it is empty; write options or a comment into it; it may have had no room',
  ),
  inFile(
    '{\n  "port": 1\n}\n',
    '*/bad.conf:1: Cannot read the configuration: no line of it sets anything; write options as "key value", or as TOML in a file whose name ends in .toml',
  ),
  inLine("host=", 'command line:1: Cannot set host to "": it is empty; give text that is not empty'),
  inLine(
    "port=",
    'command line:1: Cannot set port to "": it is empty; give a port, as 20203, localhost:20203/tcp or a table with port, host, proto and ipv',
  ),
  inLine(
    "SSL_cipher_list ALL",
    "command line:1: Cannot set SSL_cipher_list: it is not supported yet; remove it",
  ),
  inLine(
    "tie_client_stdout",
    "command line:1: Cannot set tie_client_stdout: it has no counterpart in Tine; remove it, and write to the connection: standard output is never tied to the client here",
  ),
  inLine(
    "proto ssl",
    'command line:1: Cannot set proto to "ssl": it is not supported yet; give tcp, udp, unix or unixdgram',
  ),
  inLine(
    "proto sctp",
    'command line:1: Cannot set proto to "sctp": there is no such protocol; give tcp, udp, unix or unixdgram',
  ),
  inLine(
    "port 443/ssl/IPv4",
    'command line:1: Cannot set port to "443/ssl/IPv4": it is not supported yet; give tcp, udp, unix or unixdgram',
  ),
  inLine(
    "max_clients 4 serialize flock",
    "command line:1: Cannot set max_clients to 4: with a serializer a child that has clients would keep the others from accepting; remove serialize flock",
  ),
  inLine(
    "max_clients 4 exec=cat",
    "command line:1: Cannot set max_clients to 4: a child runs one program at a time (exec); remove it, and raise max_servers instead",
  ),
  inLine(
    "unix_mode 888",
    'command line:1: Cannot set unix_mode to "888": it is no mode in octal; give three digits from 0 to 7, such as 0660',
  ),
  inLine(
    "unix_type SOCK_RAW",
    'command line:1: Cannot set unix_type to "SOCK_RAW": it is not one of its values; give one of SOCK_STREAM, SOCK_DGRAM',
  ),
  inLine(
    "udp_recv_len 0",
    'command line:1: Cannot set udp_recv_len to "0": it is less than 1; give a whole number from 1 to 65535',
  ),
  inLine(
    "udp_recv_flags 2",
    'command line:1: Cannot set udp_recv_flags to "2": MSG_PEEK (2) would return the same datagram again and again; leave that out',
  ),
  inLine(
    "udp_recv_flags 65",
    'command line:1: Cannot set udp_recv_flags to "65": no datagram has MSG_OOB (1); leave that out',
  ),
  inLine("ipv 5", 'command line:1: Cannot set ipv to "5": it names no IP version; give 4, 6 or *'),
  inLine(
    "log_file Log::Log4perl",
    'command line:1: Cannot set log_file to "Log::Log4perl": it names a Perl module, which has no counterpart in Tine; give the path of a file, or Sys::Syslog',
  ),
  inLine(
    "log_function my_log",
    "command line:1: Cannot set log_function: it has no counterpart in Tine; give the handler a logFunction, in code",
  ),
  inLine(
    "syslog_logsock pigeon",
    'command line:1: Cannot set syslog_logsock to "pigeon": there is no way "pigeon"; give native, unix, stream, inet, udp, tcp or console',
  ),
  inLine(
    "syslog_logsock udp:log.example.com",
    'command line:1: Cannot set syslog_logsock to "udp:log.example.com": log.example.com is no address, or its port is none; write it as udp:192.0.2.1:514 or udp:[2001:db8::1]:514',
  ),
  inLine(
    "syslog_logsock tcp:192.0.2.256:514",
    'command line:1: Cannot set syslog_logsock to "tcp:192.0.2.256:514": 192.0.2.256 is no address; give an address, since names are not looked up for the log',
  ),
  inLine(
    "syslog_logsock unix:log",
    'command line:1: Cannot set syslog_logsock to "unix:log": "log" is no path from the root of at most 100 characters; give one',
  ),
  inLine(
    "syslog_logsock native:/dev/log",
    'command line:1: Cannot set syslog_logsock to "native:/dev/log": native leads to one place alone; give native without a place',
  ),
  inLine(
    "syslog_facility local8",
    'command line:1: Cannot set syslog_facility to "local8": there is no such facility; give kern, user, mail, daemon, auth, security, syslog, lpr, news, uucp, cron, authpriv, ftp, local0, local1, local2, local3, local4, local5, local6, local7',
  ),
  inLine(
    "syslog_logopt pid,perhaps",
    'command line:1: Cannot set syslog_logopt to "pid,perhaps": perhaps is unknown; give cons, ndelay, nowait, pid',
  ),
  inCode(
    { syslogIdent: "a\nb" },
    'code: Cannot set syslog_ident to "a\\nb": it is empty or not printable ASCII; give a plain word',
  ),
  inFile(
    "deny 10\\..*\nallow  (a|b\n",
    '*/bad.conf:2:8: Cannot set allow to "(a|b": a group is not closed (character 1); write it with plain characters, classes, groups, alternatives and repeats alone',
  ),
  inToml(
    "deny = [\n  '10\\..*',\n  '(?=a)',\n]\n",
    '*/bad.toml:3:3: Cannot set deny to "(?=a)": it looks ahead or behind (character 1); write it with plain characters, classes, groups, alternatives and repeats alone',
  ),
  inFile(
    "cidr_allow 10/8\ncidr_deny 10.0.0.0/33\n",
    '*/bad.conf:2:11: Cannot set cidr_deny to "10.0.0.0/33": /33 is not from /0 to /32; give a block such as 192.0.2.0/24, a range such as 192.0.2.1-192.0.2.9, or an address',
  ),
  inCode(
    { cidrAllow: ["10/8", "example.com"] },
    'code: Cannot set cidr_allow to "example.com": example.com is no address; give a block such as 192.0.2.0/24, a range such as 192.0.2.1-192.0.2.9, or an address',
  ),
  inToml(
    "reverse_lookups = 2\n",
    '*/bad.toml:1:19: Cannot set reverse_lookups to "2": it is a whole number, not one of its values; give one of 1, 0, on, off, double, double-detail, double-autofail, double-debug',
  ),
  inLine(
    "conf_file /nonexistent/x",
    'command line:1: Cannot read configuration file "/nonexistent/x": No such file or directory (ENOENT); name a file that exists and can be read',
  ),
  inLine(
    "conf_file /",
    'command line:1: Cannot read configuration file "/": Is a directory (EISDIR); name a file that exists and can be read',
  ),
  inLine(
    "password short",
    "command line:1: Cannot set password to a secret value: it is shorter than 8 characters; give text that is not empty",
  ),
  {
    sources: { personality: "PreForkSimple", argv: ["server_type", "Single"] },
    message:
      "command line:1: Cannot set server_type: the command line names the personality PreForkSimple already; remove one",
  },
  inFile(
    "port 80\nmax_server 3\n",
    '*/bad.conf:2:1: Cannot set "max_server": there is no such option; the nearest is "max_servers"',
  ),
  inFile(
    "server_type PreFork\nmax_servers 8\nmin_spare_servers 4\nmax_spare_servers 8\n",
    "*/bad.conf:4:19: Cannot set max_spare_servers to 8: it must be less than 8, which is max_servers; lower it, or raise max_servers",
  ),
  inFile(
    "server_type PreFork\nmax_spare_servers 3\nmin_spare_servers 4\n",
    "*/bad.conf:3:19: Cannot set min_spare_servers to 4: it must be at most 3, which is max_spare_servers; lower it, or raise max_spare_servers",
  ),
  inFile(
    "server_type PreFork\nmin_spare_servers 6\n",
    "*/bad.conf:2:19: Cannot set min_spare_servers to 6: it must be at most 5, which is min_servers by default; lower it, or raise min_servers",
  ),
  inFile(
    "server_type PreFork\nmin_servers 51\n",
    "*/bad.conf:2:13: Cannot set min_servers to 51: it must be at most 50, which is max_servers by default; lower it, or raise max_servers",
  ),
  inFile(
    "server_type Fork\nmax_spare_servers 0\n",
    "*/bad.conf:2:19: Cannot set min_spare_servers to 0: a client is taken by a child that waits for it; give 1 or more",
  ),
  inFile(
    "  max_servers   x y # z\n",
    '*/bad.conf:1:17: Cannot set max_servers to "x y ": it is not a whole number; give a whole number from 1 to 4096',
  ),
  inFile(
    "max_servers 1\nmax_servers 2\n",
    "*/bad.conf:2:13: Cannot set max_servers twice: it was set at */bad.conf:1:13 already; remove one of the two",
  ),
  inFile(
    "SSL_cipher_list ALL\n",
    "*/bad.conf:1:1: Cannot set SSL_cipher_list: it is not supported yet; remove it",
  ),
  inFile(
    "port 80\0\n",
    "*/bad.conf: Cannot read the configuration: it is not text, byte 8 is NUL; name a text file",
  ),
  inFile(
    // "# Größe" and "user müller" in Latin-1.
    latin1("# Gr\xf6\xdfe\nuser m\xfcller # \xe9\n"),
    "*/bad.conf:2:7: Cannot read the configuration: user is not set to text in UTF-8; save the file as UTF-8",
  ),
  inFile(
    "#".repeat(1024 * 1024 + 1),
    "*/bad.conf: Cannot read the configuration: it has more than 1 MiB; name a text file",
  ),
  inToml(
    latin1("# \xc3\xa9 is UTF-8\nport = 1 # \xe9\n"),
    "*/bad.toml:2:12: Cannot read the configuration: TOML has to be UTF-8, and it is not; save the file as UTF-8",
  ),
  inFile(
    "port 80\nport 127.0.0.1:70000\n",
    '*/bad.conf:2:6: Cannot bind port "127.0.0.1:70000": 70000 is above 65535, the highest port',
  ),
  inFile(
    "proto tcp\nport /run/x.sock\n",
    '*/bad.conf:2:6: Cannot bind port "/run/x.sock": "/run/x.sock" is neither a number nor the name of a service',
  ),
  inToml(
    '[[port]]\nport = 80\nhost = "ho$t"\n',
    '*/bad.toml:1:1: Cannot bind port "80": "ho$t" is no host name or address',
  ),
  inToml(
    'max_servers = "8"\n',
    '*/bad.toml:1:15: Cannot set max_servers to "8": it is a string, not a whole number; give a whole number from 1 to 4096',
  ),
  inToml(
    "max_servers = 8.0\n",
    '*/bad.toml:1:15: Cannot set max_servers to "8": it is a float, not a whole number; write it without a point',
  ),
  inToml(
    "max_servers = [8]\n",
    "*/bad.toml:1:15: Cannot set max_servers to an array: it is an array, not a whole number; give a whole number from 1 to 4096",
  ),
  inToml(
    "# x\nmax_server = 8\n",
    '*/bad.toml:2:1: Cannot set "max_server": there is no such option; the nearest is "max_servers"',
  ),
  inToml(
    "no_close_by_child = 1\n",
    '*/bad.toml:1:21: Cannot set no_close_by_child to "1": it is a whole number, not true or false; give true or false (as text also 1 or 0, on or off, yes or no)',
  ),
  inToml(
    'host = ["a",\n  7]\n',
    '*/bad.toml:2:3: Cannot set host to "7": it is a whole number, not text; give text that is not empty',
  ),
  inToml(
    "log_file = 1979-05-27\n",
    "*/bad.toml:1:12: Cannot set log_file to a date: it is a date, not a path; give a path",
  ),
  inToml('"" = 1\n', '*/bad.toml:1:1: Cannot set "": there is no such option; see --help for all options'),
  inToml(
    "[server]\nport = 1\n",
    '*/bad.toml:1:1: Cannot read table "server": there are no tables but [[port]]; put its options at the top of the file',
  ),
  inToml(
    "a.b = 1\n",
    '*/bad.toml:1:1: Cannot read table "a": there are no tables but [[port]]; put its options at the top of the file',
  ),
  inToml(
    "[[port]]\nport = 1\nmax_servers = 3\n",
    '*/bad.toml:3:1: Cannot set "max_servers" in a port: a port has port, host, proto and ipv alone; put other options above the first [[port]]',
  ),
  inToml(
    '[[port]]\nhost = "x"\n',
    "*/bad.toml:1:1: Cannot set port to a table: it is a table, not a port; give a port, as 20203, localhost:20203/tcp or a table with port, host, proto and ipv",
  ),
  inToml(
    '[[port]]\nport = 1\nproto = "ssl"\n',
    "*/bad.toml:1:1: Cannot set port to a table: it is not supported yet; give tcp, udp, unix or unixdgram",
  ),
  inToml(
    "max_servers = 99999999999999999999\n",
    '*/bad.toml:1:15: Cannot set max_servers to "99999999999999999999": it is too large; give a whole number from 1 to 4096',
  ),
  inToml("port = \n", "*/bad.toml:1:8: Cannot read the configuration: it is not valid TOML (*); correct it"),
  inToml(
    "user = nobody # or www\n",
    '*/bad.toml:1:8: Cannot read the configuration: it is not valid TOML (*); put text in quotes: user = "nobody"',
  ),
  inToml(
    "port = 80, 81\n",
    '*/bad.toml:1:10: Cannot read the configuration: it is not valid TOML (*); write a list: port = ["…", "…"]',
  ),
  inToml(
    "background = yes\n",
    "*/bad.toml:1:14: Cannot read the configuration: it is not valid TOML (*); write true or false",
  ),
  inToml(
    "max_servers 8\n",
    "*/bad.toml:1:13: Cannot read the configuration: it is not valid TOML (*); a line has the form key = value, as max_servers = …",
  ),
  inToml(
    "log_level = 09\n",
    "*/bad.toml:1:13: Cannot read the configuration: it is not valid TOML (*); correct it",
  ),
  inToml(
    "port = 1\nport = 2\n",
    "*/bad.toml:2:1: Cannot read the configuration: it is not valid TOML (*); correct it",
  ),
  inCode(
    { maxServer: 3 },
    'code: Cannot set "maxServer": there is no such option; the nearest is "maxServers"',
  ),
  inCode(
    { max_servers: 3 },
    'code: Cannot set "max_servers": there is no such option; the nearest is "maxServers"',
  ),
  inCode(
    { maxServers: "3" },
    'code: Cannot set max_servers to "3": it is a string, not a whole number; give a whole number from 1 to 4096',
  ),
  inCode(
    { maxServers: NaN },
    'code: Cannot set max_servers to "NaN": it is NaN, not a whole number; give a whole number from 1 to 4096',
  ),
  inCode({ SSLCipherList: "x" }, "code: Cannot set SSL_cipher_list: it is not supported yet; remove it"),
  inCode(
    { own: { other: 1 } },
    'code: Cannot set "other": there is no such option; see --help for all options',
  ),
  inOwn(
    { port: { kind: "int", help: "" } },
    'code: Cannot use the program\'s option "port": Tine has an option of that name; rename it',
  ),
  inOwn(
    { "a-b": { kind: "int", help: "" } },
    'code: Cannot use the program\'s option "a-b": its name has other than letters, digits and _; rename it',
  ),
  inOwn(
    { a: { kind: "int", help: "", default: "1" } },
    'code: Cannot use the program\'s option "a": of its default, it is a string, not a whole number; give a whole number',
  ),
  inOwn(
    { a: { kind: "int", help: "", multi: true, default: 1 } },
    'code: Cannot use the program\'s option "a": its default is not a list; give a list, since it is repeatable',
  ),
  inOwn(
    { a: { kind: "enum", help: "" } },
    'code: Cannot use the program\'s option "a": it is an enum without values; give it values',
  ),
];

for (const [index, bad] of BAD.entries()) {
  test(`loadConfig refuses bad input ${index + 1}: ${bad.message}`, async () => {
    await assert.rejects(loadConfig({ argv: [], own: OWN, ...bad.sources }), (error: unknown) => {
      assert.ok(error instanceof TineError);
      assert.equal(error.exitCode, EX_CONFIG);
      const message = error.message.replaceAll(folder, "*").replace(/TOML \(.*\);/, "TOML (*);");
      assert.equal(message, bad.message);
      return true;
    });
  });
}
