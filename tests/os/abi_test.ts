import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { constantsOf, linuxConstantsOf, signalNumbersOf } from "../../lib/kernel_constants.ts";
import { constants, isLinux, linux, SIGNAL_NUMBERS } from "../../lib/os/constants.ts";
import * as errors from "../../lib/os/errno.ts";
import { SPAWN_OBJECT_SIZE } from "../../lib/os/process.ts";
import { SOCKADDR_SIZE } from "../../lib/os/sockaddr.ts";
import { TIMEVAL_SIZE } from "../../lib/os/socket.ts";

/** A C compiler for `arch`: this machine's own, or one that makes programs for another. */
function compilerFor(arch: string): string | undefined {
  const prefix = arch === "arm64" ? /^(aarch64|arm64)-/ : /^x86_64-/;
  return ["cc", "aarch64-linux-gnu-gcc", "x86_64-linux-gnu-gcc"].find((command) => {
    const { status, stdout } = spawnSync(command, ["-dumpmachine"], { encoding: "utf8" });
    return status === 0 && prefix.test(stdout) && (command !== "cc" || /linux/.test(stdout) === isLinux);
  });
}

/** Rows of the tables that are no macro of the same name. */
const OTHERWISE: Readonly<Record<string, string>> = {
  PROT_READ_WRITE: "PROT_READ | PROT_WRITE",
  sunPathSize: "sizeof ((struct sockaddr_un *) 0)->sun_path",
  sockaddrHasLength: "offsetof(struct sockaddr, sa_family) != 0",
  epollEventSize: "sizeof(struct epoll_event)",
  epollDataOffset: "offsetof(struct epoll_event, data)",
  msghdrSize: "sizeof(struct msghdr)",
  msgIovOffset: "offsetof(struct msghdr, msg_iov)",
  msgControlOffset: "offsetof(struct msghdr, msg_control)",
  controlLength: "CMSG_LEN(sizeof(int))",
  controlSpace: "CMSG_SPACE(sizeof(int))",
  tcpiUnackedOffset: "offsetof(struct tcp_info, tcpi_unacked)",
};

/** C expression → what the code takes it for, though no table has it. */
const LAYOUTS: Readonly<Record<string, number>> = {
  "sizeof(struct sockaddr_in)": 16,
  "offsetof(struct sockaddr_in, sin_port)": 2,
  "offsetof(struct sockaddr_in, sin_addr)": 4,
  "sizeof(struct sockaddr_in6)": 28,
  "offsetof(struct sockaddr_in6, sin6_port)": 2,
  "offsetof(struct sockaddr_in6, sin6_addr)": 8,
  "offsetof(struct sockaddr_un, sun_path)": 2,
  "sizeof(struct sockaddr_storage)": SOCKADDR_SIZE,
  "sizeof(socklen_t)": 4,
  "sizeof(struct pollfd)": 8,
  "offsetof(struct pollfd, events)": 4,
  "offsetof(struct pollfd, revents)": 6,
  "sizeof(struct rlimit)": 16,
  "offsetof(struct rlimit, rlim_max)": 8,
  "sizeof(struct timeval)": TIMEVAL_SIZE,
  "offsetof(struct timeval, tv_usec)": 8,
  "sizeof(struct timespec)": 16,
  "offsetof(struct timespec, tv_nsec)": 8,
  "sizeof(struct sembuf)": 6,
  "offsetof(struct sembuf, sem_op)": 2,
  "offsetof(struct sembuf, sem_flg)": 4,
  "sizeof(struct semid_ds) <= 256": 1,
  "offsetof(struct semid_ds, sem_perm.uid)": isLinux ? 4 : 0,
  "offsetof(struct semid_ds, sem_perm.gid)": isLinux ? 8 : 4,
  "offsetof(struct semid_ds, sem_perm.mode)": isLinux ? 20 : 16,
  "offsetof(struct passwd, pw_name)": 0,
  "offsetof(struct passwd, pw_uid)": 16,
  "offsetof(struct passwd, pw_gid)": 20,
  "offsetof(struct group, gr_gid)": 16,
  "sizeof(time_t)": 8,
  "sizeof(struct tm) <= 128": 1,
  "offsetof(struct tm, tm_sec)": 0,
  "offsetof(struct tm, tm_min)": 4,
  "offsetof(struct tm, tm_hour)": 8,
  "offsetof(struct tm, tm_mday)": 12,
  "offsetof(struct tm, tm_mon)": 16,
  "offsetof(struct tm, tm_year)": 20,
  "sizeof(uid_t)": 4,
  "sizeof(gid_t)": 4,
  "sizeof(pid_t)": 4,
  "sizeof(int)": 4,
  "sizeof(void *)": 8,
  [`sizeof(posix_spawn_file_actions_t) <= ${SPAWN_OBJECT_SIZE}`]: 1,
  [`sizeof(posix_spawnattr_t) <= ${SPAWN_OBJECT_SIZE}`]: 1,
  "sizeof(sigset_t) <= 128": 1,
  ...(isLinux
    ? {
      "sizeof(struct ucred)": 12,
      "sizeof(struct open_how)": 24,
      "offsetof(struct open_how, resolve)": 16,
      "sizeof(struct statx)": 256,
      "offsetof(struct statx, stx_mode)": 28,
      "offsetof(struct statx, stx_ino)": 32,
      "offsetof(struct statx, stx_size)": 40,
      "offsetof(struct statx, stx_mtime.tv_sec)": 112,
      "offsetof(struct statx, stx_mtime.tv_nsec)": 120,
      "offsetof(struct msghdr, msg_iovlen) - offsetof(struct msghdr, msg_iov)": 8,
      "offsetof(struct msghdr, msg_controllen) - offsetof(struct msghdr, msg_control)": 8,
      "offsetof(struct cmsghdr, cmsg_level)": 8,
      "offsetof(struct cmsghdr, cmsg_type)": 12,
      "sizeof(struct cmsghdr)": 16,
      "offsetof(struct ucred, uid)": 4,
      "offsetof(struct ucred, gid)": 8,
    }
    : {}),
};

const HEADERS =
  "errno.h fcntl.h grp.h limits.h netinet/in.h netinet/tcp.h poll.h pwd.h signal.h spawn.h stddef.h sys/file.h sys/ipc.h sys/mman.h " +
  "sys/resource.h sys/sem.h sys/socket.h sys/syscall.h sys/stat.h sys/time.h sys/un.h sys/wait.h time.h unistd.h" +
  (isLinux ? " sys/epoll.h sys/prctl.h sys/eventfd.h linux/close_range.h linux/openat2.h" : "");

/** What the compiler takes each expression for: it is in its assembly, so that nothing has to be run. */
function evaluate(compiler: string, expressions: readonly string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), "tine-"));
  try {
    const includes = HEADERS.split(" ").map((header) => `#include <${header}>\n`).join("");
    // In two halves: not every compiler writes a large number there.
    const lines = expressions.map((expression) =>
      `asm volatile("-> %c0 %c1" : : "i" ((long long) (${expression}) >> 16), "i" ((long long) (${expression}) & 0xffff));\n`
    ).join("");
    writeFileSync(
      join(folder, "probe.c"),
      `#define _GNU_SOURCE\n${includes}void probe(void) {\n${lines}}\n`,
    );
    const { status, stdout, stderr } = spawnSync(compiler, ["-S", "-o", "-", join(folder, "probe.c")], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    return [...stdout.matchAll(/-> (-?\d+) (\d+)/g)].map(([, high, low]) =>
      Number(high) * 65536 + Number(low)
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(compiler: string, expected: readonly (readonly [string, number])[]): void {
  const values = evaluate(compiler, expected.map(([expression]) => expression));
  const actual = expected.map(([expression], i) => [expression, values[i]]);
  assert.deepEqual(actual, expected);
}

/** A table's rows as C expressions. */
function rowsOf(table: Readonly<Record<string, number | boolean>>): [string, number][] {
  // The C library's header may have another SOMAXCONN: see the table.
  return Object.entries(table).filter(([name]) => name !== "SOMAXCONN").map((
    [name, value],
  ) => [OTHERWISE[name] ?? name, Number(value)]);
}

// What runs here, and on Linux the other processor too where there is a compiler for it.
for (const arch of isLinux ? ["x64", "arm64"] : [process.arch]) {
  const compiler = compilerFor(arch);
  const skip = compiler === undefined ? `no C compiler for ${arch}` : false;
  const cc = compiler ?? "";

  test(`the tables of constants for ${arch} are what a C compiler says`, { skip }, () => {
    const rows = rowsOf(constantsOf(process.platform, arch));
    assert.ok(rows.length > 60);
    compare(cc, rows);
    if (isLinux) compare(cc, rowsOf(linuxConstantsOf(arch)));
  });

  test(`the layouts that the code has are what a C compiler says for ${arch}`, { skip }, () => {
    compare(cc, Object.entries(LAYOUTS));
  });

  test(`the numbers of errors are what a C compiler says for ${arch}`, { skip }, () => {
    const rows = Object.entries(errors).filter(([name]) => /^E[A-Z]+$/.test(name)) as [string, number][];
    assert.ok(rows.length > 10);
    compare(cc, rows);
  });

  test(`the numbers of signals are what a C compiler says for ${arch}`, { skip }, () => {
    compare(cc, Object.entries(signalNumbersOf(process.platform)));
  });
}

test("the code uses the rows of the system and the processor that it runs on", () => {
  assert.equal(constants, constantsOf(process.platform, process.arch));
  if (isLinux) assert.equal(linux, linuxConstantsOf(process.arch));
  assert.deepEqual(SIGNAL_NUMBERS, signalNumbersOf(process.platform));
});
