/**
 * The numbers and sizes of each system's kernel and C library, as tables with the same names. Nothing else in `lib/`
 * writes one down (the linter's rule `kernel-constants` sees to it), since `tests/os/abi_test.ts` compares these tables
 * with what a C compiler says. Pure. Modules above `lib/runtime/` take the row of their system from `lib/os/constants.ts`.
 *
 * @module
 */

const LINUX = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_REUSEPORT: 15,
  SO_TYPE: 3,
  SO_BROADCAST: 6,
  SO_RCVTIMEO: 20,
  SO_ACCEPTCONN: 30,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 26,
  SHUT_RD: 0,
  SHUT_WR: 1,
  SHUT_RDWR: 2,
  MSG_DONTWAIT: 0x40,
  MSG_NOSIGNAL: 0x4000,
  MSG_PEEK: 2,
  SCM_RIGHTS: 1,
  SEEK_CUR: 1,
  /** What is written to a pipe at once, up to so many bytes, is not mixed with what others write. */
  PIPE_BUF: 4096,
  POLLIN: 1,
  POLLOUT: 4,
  POLLERR: 8,
  POLLHUP: 16,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_ACCMODE: 3,
  O_CREAT: 0o100,
  O_NOCTTY: 0o400,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_NOFOLLOW: 0o400000,
  O_DIRECTORY: 0o200000,
  O_CLOEXEC: 0o2000000,
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFDIR: 0o40000,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 0x10,
  PROT_READ_WRITE: 3,
  F_DUPFD_CLOEXEC: 1030,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  FD_CLOEXEC: 1,
  LOCK_SH: 1,
  LOCK_EX: 2,
  LOCK_NB: 4,
  LOCK_UN: 8,
  RLIMIT_NOFILE: 7,
  SEM_UNDO: 0x1000,
  SETVAL: 16,
  IPC_PRIVATE: 0,
  IPC_CREAT: 0o1000,
  IPC_RMID: 0,
  IPC_SET: 1,
  IPC_NOWAIT: 0o4000,
  POSIX_SPAWN_SETSIGMASK: 8,
  POSIX_SPAWN_SETSIGDEF: 4,
  POSIX_SPAWN_SETSID: 0x80,
  SIG_BLOCK: 0,
  SIG_UNBLOCK: 1,
  SIG_DFL: 0,
  SIG_IGN: 1,
  WNOHANG: 1,
  CLOCK_MONOTONIC: 1,
  /** Whether `struct sockaddr` begins with a length byte. */
  sockaddrHasLength: false,
  /** The size of `sun_path`; the zero byte at a path's end has its place in it. */
  sunPathSize: 108,
  /**
   * The backlog that `listen(2)` is given where nothing else is asked for: Linux 5.4 and later, whatever the C library's
   * header says; the kernel lowers it to net.core.somaxconn.
   */
  SOMAXCONN: 4096,
};

/** What each system has, with another number. */
export type Constants = Readonly<typeof LINUX>;

/** What of it is another number on Linux for arm64. */
const LINUX_ARM64: Constants = { ...LINUX, O_NOFOLLOW: 0o100000, O_DIRECTORY: 0o40000 };

const DARWIN: Constants = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 30,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOL_SOCKET: 0xffff,
  SO_REUSEADDR: 4,
  SO_REUSEPORT: 0x200,
  SO_TYPE: 0x1008,
  SO_BROADCAST: 0x20,
  SO_RCVTIMEO: 0x1006,
  SO_ACCEPTCONN: 2,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 27,
  SHUT_RD: 0,
  SHUT_WR: 1,
  SHUT_RDWR: 2,
  MSG_DONTWAIT: 0x80,
  MSG_NOSIGNAL: 0x80000,
  MSG_PEEK: 2,
  SCM_RIGHTS: 1,
  SEEK_CUR: 1,
  PIPE_BUF: 512,
  POLLIN: 1,
  POLLOUT: 4,
  POLLERR: 8,
  POLLHUP: 16,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_ACCMODE: 3,
  O_CREAT: 0x200,
  O_NOCTTY: 0x20000,
  O_APPEND: 8,
  O_NONBLOCK: 4,
  O_NOFOLLOW: 0x100,
  O_DIRECTORY: 0x100000,
  O_CLOEXEC: 0x1000000,
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFDIR: 0o40000,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 0x10,
  PROT_READ_WRITE: 3,
  F_DUPFD_CLOEXEC: 67,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  FD_CLOEXEC: 1,
  LOCK_SH: 1,
  LOCK_EX: 2,
  LOCK_NB: 4,
  LOCK_UN: 8,
  RLIMIT_NOFILE: 8,
  SEM_UNDO: 0o10000,
  SETVAL: 8,
  IPC_PRIVATE: 0,
  IPC_CREAT: 0o1000,
  IPC_RMID: 0,
  IPC_SET: 1,
  IPC_NOWAIT: 0o4000,
  POSIX_SPAWN_SETSIGMASK: 8,
  POSIX_SPAWN_SETSIGDEF: 4,
  POSIX_SPAWN_SETSID: 0x400,
  SIG_BLOCK: 1,
  SIG_UNBLOCK: 2,
  SIG_DFL: 0,
  SIG_IGN: 1,
  WNOHANG: 1,
  CLOCK_MONOTONIC: 6,
  sockaddrHasLength: true,
  sunPathSize: 104,
  SOMAXCONN: 128,
};

const LINUX_ALONE = {
  /** A sequenced socket waits until there is room, and ends with its peer; macOS has none in the unix family. */
  SOCK_SEQPACKET: 5,
  SOCK_CLOEXEC: 0o2000000,
  SOCK_NONBLOCK: 0o4000,
  MSG_CMSG_CLOEXEC: 0x40000000,
  /** The option of SOL_SOCKET that tells who is at the other end of a unix socket. */
  SO_PEERCRED: 17,
  TCP_INFO: 11,
  EFD_CLOEXEC: 0o2000000,
  EFD_NONBLOCK: 0o4000,
  MFD_CLOEXEC: 1,
  CLOSE_RANGE_CLOEXEC: 4, // Linux 5.11
  SYS_tgkill: 234,
  SYS_pidfd_send_signal: 424, // Linux 5.1
  SYS_pidfd_open: 434, // Linux 5.3
  SYS_close_range: 436, // Linux 5.9
  SYS_openat2: 437, // Linux 5.6
  RESOLVE_NO_MAGICLINKS: 2,
  RESOLVE_BENEATH: 8,
  O_PATH: 0o10000000,
  AT_EMPTY_PATH: 0x1000,
  STATX_BASIC_STATS: 0x7ff,
  PR_SET_PDEATHSIG: 1,
  EPOLL_CLOEXEC: 0o2000000,
  EPOLL_CTL_ADD: 1,
  EPOLL_CTL_DEL: 2,
  EPOLL_CTL_MOD: 3,
  EPOLLIN: 1,
  EPOLLEXCLUSIVE: 2 ** 28, // Linux 4.5
  EPOLLONESHOT: 2 ** 30,
  EPOLLET: 2 ** 31,
  /** The size of `struct epoll_event`, which is packed on x86-64 and nowhere else (epoll_ctl(2), <sys/epoll.h>). */
  epollEventSize: 12,
  /** The offset of `data` in it. */
  epollDataOffset: 4,
  /** The size of `struct msghdr`, and the offsets of `msg_iov` and `msg_control` in it, each before its length. */
  msghdrSize: 56,
  msgIovOffset: 16,
  msgControlOffset: 32,
  /** `CMSG_LEN` and `CMSG_SPACE` of one descriptor. */
  controlLength: 20,
  controlSpace: 24,
  /** The offset of `tcpi_unacked` in `struct tcp_info`. */
  tcpiUnackedOffset: 24,
};

/** What Linux has and macOS has not. */
export type LinuxConstants = Readonly<typeof LINUX_ALONE>;

const LINUX_ALONE_ARM64: LinuxConstants = {
  ...LINUX_ALONE,
  SYS_tgkill: 131,
  epollEventSize: 16,
  epollDataOffset: 8,
};

/** The numbers of a system, by the names that `node:process` has for it and its processor. */
export function constantsOf(platform: string, arch: string): Constants {
  if (platform === "darwin") return DARWIN;
  return arch === "arm64" ? LINUX_ARM64 : LINUX;
}

/** The numbers that Linux alone has. */
export function linuxConstantsOf(arch: string): LinuxConstants {
  return arch === "arm64" ? LINUX_ALONE_ARM64 : LINUX_ALONE;
}

// Each list begins with 1 (signal(7) on Linux, <sys/signal.h> on macOS).
const LINUX_SIGNALS =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS";
const DARWIN_SIGNALS =
  "HUP INT QUIT ILL TRAP ABRT EMT FPE KILL BUS SEGV SYS PIPE ALRM TERM URG STOP TSTP CONT CHLD TTIN TTOU IO XCPU XFSZ VTALRM PROF WINCH INFO USR1 USR2";

/** The number of each signal of a system, by its full name. */
export function signalNumbersOf(platform: string): Readonly<Record<string, number>> {
  const names = platform === "darwin" ? DARWIN_SIGNALS : LINUX_SIGNALS;
  return Object.fromEntries(names.split(" ").map((name, i) => [`SIG${name}`, i + 1]));
}
