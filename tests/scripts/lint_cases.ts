/**
 * Source texts for the rules of `scripts/lint_plugin.ts`: what each must flag, once, and what it must let pass.
 *
 * @module
 */

/** A file's path in the project, and what stands in it. */
type Case = readonly [file: string, source: string];

const LONG_BODY = "  work();\n".repeat(60);
const SHORTER_BODY = "  work();\n".repeat(58);

export const CASES: Readonly<
  Record<string, { readonly flags: readonly Case[]; readonly passes: readonly Case[] }>
> = {
  "runtime-globals": {
    flags: [
      ["lib/child/child.ts", "const pid = Deno.pid;"],
      ["lib/child/child.ts", "const home = globalThis.Bun;"],
      ["lib/os/lock.ts", "type Pointer = Deno.PointerValue;"],
      ["tests/system/echo_test.ts", "if (typeof Bun === 'undefined') run();"],
      ["lib/os/lock.ts", 'import { dlopen } from "bun:ffi";'],
      ["lib/os/lock.ts", 'const { dlopen } = await import("bun:ffi");'],
      ["examples/hello.ts", 'import { serve } from "bun";'],
    ],
    passes: [
      ["lib/runtime/deno.ts", "const pid = Deno.pid;"],
      ["scripts/ok.ts", "const pid = Deno.pid;"],
      ["lib/child/child.ts", 'const runtime = process.versions.bun ? "Bun" : "Deno";'],
      ["lib/child/child.ts", "const names = { Deno: 1, Bun: 2 };"],
      ["lib/child/child.ts", "// Deno and Bun differ here\nrun();"],
    ],
  },
  "kernel-constants": {
    flags: [
      ["lib/os/socket.ts", "const SO_REUSEPORT = 15;"],
      ["lib/os/socket.ts", "export const SHUT_RD: number = 0;"],
      ["lib/os/descriptor.ts", "const O_PATH = isLinux ? c.O_RDONLY | 0x200000 : c.O_RDONLY;"],
      ["lib/os/epoll.ts", "const EPOLLRDHUP = 1 << 13;"],
      ["lib/os/descriptor.ts", "const CLOSE_RANGE_UNSHARE = -(-2) as number;"],
      ["lib/os/descriptor.ts", "const CLOEXEC = 0x80000;"],
      ["lib/os/process.ts", "class Waiter { static readonly WNOHANG = 1; }"],
      ["lib/log/syslog_socket.ts", "const EISCONN = 106;"],
      ["lib/runtime/bun_loop.ts", "const numbers = { SIGTERM: 15, name: 1 };"],
      ["lib/os/socket.ts", "const fd = libc.socket(family, type | 0o2000000, 0);"],
      ["lib/os/process.ts", "const fd = libc.syscall2(434, pid, 0);"],
      ["lib/os/constants.ts", "const SYS_gettid = 186;"],
    ],
    passes: [
      ["lib/kernel_constants.ts", "const LINUX = { O_CLOEXEC: 0o2000000 };"],
      ["lib/os/errno.ts", "export const EPERM: number = 1;"],
      ["lib/os/socket.ts", "const FLAGS = c.MSG_NOSIGNAL | c.MSG_DONTWAIT;"],
      ["lib/os/socket.ts", "export const { SHUT_RD, SHUT_WR } = constants;"],
      ["lib/os/socket.ts", "const SOCKADDR_SIZE = 128;"],
      ["lib/os/process.ts", "const SIGSET_SIZE = 128;"],
      ["lib/os/limits.ts", "const ENOUGH = 1 << 20;"],
      ["lib/exit_codes.ts", "export const EX_OK = 0;"],
      ["lib/os/descriptor.ts", "const fd = open(path, c.O_CREAT, 0o600);"],
      ["lib/os/process.ts", "const fd = libc.syscall2(linux.SYS_pidfd_open, pid, 0);"],
      ["tests/os/socket_test.ts", "const SO_REUSEPORT = 15;"],
    ],
  },
  "no-boolean-parameters": {
    flags: [
      ["lib/supervise/shutdown.ts", "export function stop(graceful: boolean) {}"],
      ["lib/supervise/shutdown.ts", "export const stop = (graceful = true) => graceful;"],
      [
        "lib/supervise/shutdown.ts",
        "export async function stop(after: number, graceful?: boolean | undefined) {}",
      ],
      ["lib/supervise/children.ts", "export class Children { stop(graceful: boolean) {} }"],
    ],
    passes: [
      ["lib/supervise/shutdown.ts", "export function stop(options: { graceful: boolean }) {}"],
      ["lib/supervise/shutdown.ts", "function stop(graceful: boolean) {}"],
      [
        "lib/supervise/shutdown.ts",
        "export function wait(until: () => boolean): boolean { return until(); }",
      ],
      [
        "lib/supervise/children.ts",
        "export class Children { #stop(graceful: boolean) {} set busy(now: boolean) {} }",
      ],
      ["tests/support/until.ts", "export function stop(graceful: boolean) {}"],
    ],
  },
  "no-module-let": {
    flags: [
      ["lib/log/logger.ts", "let level = 2;"],
      ["lib/log/logger.ts", "export let level = 2;"],
      ["lib/log/logger.ts", "export const loggers = new Map();"],
      ["lib/log/logger.ts", "export const levels = [0, 1, 2];"],
      ["lib/log/logger.ts", "export const levels: Record<string, number> = { debug: 4 };"],
      ["lib/log/logger.ts", "export const levels: number[] = [0, 1];"],
      ["lib/log/logger.ts", "const chunk = new Uint8Array(65536);"],
      ["lib/log/logger.ts", "const view = new DataView(buffer);"],
      ["lib/log/logger.ts", "const loggers = new Map<string, Logger>();"],
      ["lib/log/logger.ts", "const logger = new Logger();"],
      ["lib/log/logger.ts", "export const logger = new Logger();"],
    ],
    passes: [
      ["lib/log/logger.ts", "export function log() { let level = 2; return level; }"],
      ["lib/log/logger.ts", "export const levels = [0, 1, 2] as const;"],
      ["lib/log/logger.ts", "export const levels = { debug: 4 } as const satisfies Levels;"],
      ["lib/log/logger.ts", "export const levels: readonly number[] = [0, 1];"],
      ["lib/log/logger.ts", "export const names: ReadonlyMap<number, string> = new Map();"],
      ["lib/log/logger.ts", "export const levels = Object.freeze([0, 1]);"],
      ["lib/personality/single.ts", "export const single: Personality = { name: 'single' };"],
      ["lib/log/logger.ts", "const symbols = new Set([1]);"],
      ["lib/log/logger.ts", "const encoder = new TextEncoder();"],
      ["lib/log/logger.ts", "const nothing = new Uint8Array(0);"],
      ["lib/log/logger.ts", "const nothing: ReadonlyMap<string, string> = new Map();"],
      ["lib/log/logger.ts", "const NOTHING: Given = new Map();"],
      ["lib/log/logger.ts", "function log() { const chunk = new Uint8Array(8); }"],
      ["lib/os/wait.ts", "const pollBytes = new Uint8Array(8);"],
      ["scripts/ok.ts", "let failed = 0;"],
    ],
  },
  "no-timers": {
    flags: [
      ["lib/child/child.ts", "setTimeout(run, 100);"],
      ["lib/child/child.ts", "globalThis.setInterval(run, 100);"],
      ["tests/system/hup_test.ts", "await new Promise((resolve) => setTimeout(resolve, 2000));"],
      ["lib/child/child.ts", 'import { setTimeout as sleep } from "node:timers/promises";'],
    ],
    passes: [
      ["lib/process/alarm.ts", "setTimeout(run, 100);"],
      ["lib/client/yield.ts", "setTimeout(run, 0);"],
      ["tests/support/until.ts", "setTimeout(run, 5);"],
      ["examples/hello.ts", "setInterval(run, 5);"],
      ["lib/child/child.ts", "socket.setTimeout(5);"],
      ["lib/child/child.ts", "clearTimeout(timer);"],
    ],
  },
  "error-grammar": {
    flags: [
      ["lib/listen/bind.ts", 'throw new BindError("Failed to bind port 80");'],
      ["lib/listen/bind.ts", "throw new BindError(`Could not bind ${port}`);"],
      ["lib/listen/bind.ts", "throw new BindError(`Cannot bind ${port}: it is in use.`);"],
      ["lib/listen/bind.ts", "throw new BindError(`Cannot bind ${port}: the port isn't free`);"],
      ["lib/listen/bind.ts", 'throw new BindError("Bind " + port);'],
      ["lib/listen/bind.ts", 'throw new BindError(isIn ? "Cannot bind it" : "Could not bind it");'],
      ["lib/listen/bind.ts", 'throw new BindError(why ?? "Could not bind it");'],
      ["lib/listen/bind.ts", "const message = `No ${port}`; throw new BindError(message);"],
      ["lib/listen/bind.ts", 'const m = "No port"; throw a ? new BindError(m) : new BindError(m);'],
      ["lib/listen/bind.ts", "throw new BindError(located(place, `Could not bind ${port}`));"],
    ],
    passes: [
      ["lib/listen/bind.ts", "throw new BindError(`Cannot bind ${port}: it is in use`);"],
      ["lib/listen/bind.ts", "throw new BindError(`Cannot bind ${port}: ${why}`);"],
      ["lib/listen/bind.ts", "throw new BindError(`${place}: Cannot bind it`);"],
      ["lib/listen/bind.ts", "throw new BindError(message);"],
      ["lib/listen/bind.ts", "const message = `Cannot bind ${port}`; throw new BindError(message);"],
      ["lib/listen/bind.ts", "const why = `port ${port}`; throw new BindError(`Cannot bind: ${why}`);"],
      ["lib/listen/bind.ts", "const message = message(); throw new BindError(message);"],
      ["lib/listen/bind.ts", "throw new BindError(located(place, `Cannot bind ${port}: ${why}`));"],
      ["lib/listen/bind.ts", 'throw new AggregateError(errors, "Cannot bind any port");'],
      ["tests/support/until.ts", 'throw new Error("never happened.");'],
    ],
  },
  "env-reads": {
    flags: [
      ["lib/child/child.ts", "const home = process.env.HOME;"],
      ["lib/child/child.ts", 'const home = globalThis.process.env["HOME"];'],
      ["lib/child/child.ts", "const home = import.meta.env.HOME;"],
      ["lib/listen/bind.ts", 'import { env } from "node:process";'],
    ],
    passes: [
      ["lib/server/role.ts", "const role = process.env.TINE_ROLE;"],
      ["lib/process/self_spawn.ts", "const fds = process.env.LISTEN_FDS;"],
      ["tests/system/hup_test.ts", "const env = process.env;"],
      ["lib/supervise/spawn.ts", "spawn({ env: options.env });"],
    ],
  },
  "function-length": {
    flags: [
      ["lib/child/child.ts", `function run() {\n${LONG_BODY}}`],
      ["lib/child/child.ts", `const run = () => {\n${LONG_BODY}};`],
      ["lib/child/child.ts", `class Child { run() {\n${LONG_BODY}} }`],
    ],
    passes: [
      ["lib/child/child.ts", `function run() {\n${SHORTER_BODY}}`],
      ["scripts/ok.ts", `function run() {\n${LONG_BODY}}`],
    ],
  },
};
