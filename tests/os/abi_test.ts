import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { constants, isLinux } from "../../lib/os/constants.ts";
import * as errors from "../../lib/os/errno.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../../lib/os/wait.ts";
import { SIGNAL_NUMBERS } from "../../lib/os/signal_numbers.ts";
import { SOCKADDR_SIZE } from "../../lib/os/sockaddr.ts";
import { SHUT_RD, SHUT_RDWR, SHUT_WR } from "../../lib/os/socket.ts";

const skip = spawnSync("cc", ["--version"]).status === 0 ? false : "no C compiler";

/** Rows of the table that are no macro of the same name. */
const OTHERWISE: Readonly<Record<string, string>> = {
  PROT_READ_WRITE: "PROT_READ | PROT_WRITE",
  sunPathSize: "sizeof ((struct sockaddr_un *) 0)->sun_path",
  sockaddrHasLength: "offsetof(struct sockaddr, sa_family) != 0",
  SO_PEERCRED: isLinux ? "SO_PEERCRED" : "0",
  epollEventSize: isLinux ? "sizeof(struct epoll_event)" : "0",
  epollDataOffset: isLinux ? "offsetof(struct epoll_event, data)" : "0",
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
  "sizeof(pid_t)": 4,
  "sizeof(int)": 4,
  "sizeof(void *)": 8,
  "POLLIN": POLLIN,
  "POLLOUT": POLLOUT,
  "POLLERR": POLLERR,
  "POLLHUP": POLLHUP,
  "SHUT_RD": SHUT_RD,
  "SHUT_WR": SHUT_WR,
  "SHUT_RDWR": SHUT_RDWR,
  "WNOHANG": 1,
  "sizeof(posix_spawn_file_actions_t) <= 512": 1,
  "sizeof(posix_spawnattr_t) <= 512": 1,
  "sizeof(sigset_t) <= 128": 1,
  ...(isLinux
    ? {
      "SOCK_CLOEXEC": 0o2000000,
      "SOCK_NONBLOCK": 0o4000,
      "O_CLOEXEC": 0o2000000,
      "EFD_CLOEXEC": 0o2000000,
      "EFD_NONBLOCK": 0o4000,
      "EPOLL_CLOEXEC": 0o2000000,
      "EPOLLEXCLUSIVE": 1 << 28,
      "MFD_CLOEXEC": 1,
      "SYS_pidfd_open": 434,
      "SYS_close_range": 436,
      "CLOSE_RANGE_CLOEXEC": 4,
      "sizeof(struct ucred)": 12,
      "TCP_INFO": 11,
      "offsetof(struct tcp_info, tcpi_unacked)": 24,
    }
    : { "O_CLOEXEC": 0x1000000 }),
};

const HEADERS =
  "errno.h fcntl.h netinet/in.h netinet/tcp.h poll.h signal.h spawn.h stddef.h stdio.h sys/ipc.h sys/mman.h sys/resource.h " +
  "sys/sem.h sys/socket.h sys/syscall.h sys/un.h sys/wait.h unistd.h" +
  (isLinux ? " sys/epoll.h sys/eventfd.h" : "");

/** What a C program prints for each expression. */
function evaluate(expressions: readonly string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), "tine-"));
  try {
    const includes = HEADERS.split(" ").map((header) => `#include <${header}>\n`).join("");
    const prints = expressions.map((expression) => `printf("%lld\\n", (long long)(${expression}));\n`).join(
      "",
    );
    writeFileSync(join(folder, "probe.c"), `#define _GNU_SOURCE\n${includes}int main(void) {\n${prints}}\n`);
    const built = spawnSync("cc", ["-o", join(folder, "probe"), join(folder, "probe.c")], {
      encoding: "utf8",
    });
    assert.equal(built.status, 0, built.stderr);
    const { stdout } = spawnSync(join(folder, "probe"), [], { encoding: "utf8" });
    return stdout.trim().split("\n").map(Number);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(expected: readonly (readonly [string, number])[]): void {
  const values = evaluate(expected.map(([expression]) => expression));
  const actual = expected.map(([expression], i) => [expression, values[i]]);
  assert.deepEqual(actual, expected);
}

test("the table of constants is what this machine's C compiler says", { skip }, () => {
  // Linux 5.4 has 4096, whatever the C library's header says; the kernel takes the least of both and its limit.
  const rows = Object.entries(constants).filter(([name]) => name !== "SOMAXCONN");
  assert.ok(rows.length > 30);
  compare(rows.map(([name, value]) => [OTHERWISE[name] ?? name, Number(value)]));
});

test("the layouts and numbers that the code has are what the C compiler says", { skip }, () => {
  compare(Object.entries(LAYOUTS));
});

test("the numbers of errors are what the C compiler says", { skip }, () => {
  const rows = Object.entries(errors).filter(([name]) => /^E[A-Z]+$/.test(name)) as [string, number][];
  assert.ok(rows.length > 10);
  compare(rows);
});

test("the numbers of signals are what the C compiler says", { skip }, () => {
  compare(Object.entries(SIGNAL_NUMBERS));
});
