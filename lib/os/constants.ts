/**
 * The numbers and sizes of each system, as one table with the same names. `tests/os/abi_test.ts` compares them with
 * what a C compiler says of the machine at hand.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";

/** What differs between systems. */
export interface Constants {
  readonly AF_UNIX: number;
  readonly AF_INET: number;
  readonly AF_INET6: number;
  readonly SOCK_STREAM: number;
  readonly SOCK_DGRAM: number;
  readonly SOL_SOCKET: number;
  readonly SO_REUSEADDR: number;
  readonly SO_TYPE: number;
  readonly SO_ERROR: number;
  readonly SO_BROADCAST: number;
  readonly SO_RCVTIMEO: number;
  readonly SO_ACCEPTCONN: number;
  readonly IPPROTO_TCP: number;
  readonly TCP_NODELAY: number;
  readonly IPPROTO_IPV6: number;
  readonly IPV6_V6ONLY: number;
  readonly O_NONBLOCK: number;
  readonly MSG_DONTWAIT: number;
  readonly MSG_NOSIGNAL: number;
  readonly MAP_SHARED: number;
  readonly PROT_READ_WRITE: number;
  readonly F_DUPFD_CLOEXEC: number;
  readonly F_GETFD: number;
  readonly F_SETFD: number;
  readonly F_GETFL: number;
  readonly F_SETFL: number;
  readonly FD_CLOEXEC: number;
  readonly RLIMIT_NOFILE: number;
  readonly SEM_UNDO: number;
  readonly IPC_CREAT: number;
  readonly IPC_RMID: number;
  readonly IPC_NOWAIT: number;
  readonly SETVAL: number;
  readonly POSIX_SPAWN_SETSIGMASK: number;
  readonly POSIX_SPAWN_SETSIGDEF: number;
  readonly POSIX_SPAWN_SETSID: number;
  /** The option of SOL_SOCKET that tells who is at the other end of a unix socket; 0 where there is none. */
  readonly SO_PEERCRED: number;
  readonly IPC_SET: number;
  readonly LOCK_SH: number;
  readonly LOCK_EX: number;
  readonly LOCK_NB: number;
  readonly SIG_BLOCK: number;
  readonly SIG_UNBLOCK: number;
  readonly SIG_SETMASK: number;
  /** Whether `struct sockaddr` begins with a length byte. */
  readonly sockaddrHasLength: boolean;
  /** The size of `sun_path`; the zero byte at a path's end has its place in it. */
  readonly sunPathSize: number;
  /** The backlog that `listen(2)` is given where nothing else is asked for. */
  readonly SOMAXCONN: number;
  /** The size of `struct epoll_event`, or 0 where there is no epoll. */
  readonly epollEventSize: number;
  /** The offset of `data` in it. */
  readonly epollDataOffset: number;
}

const LINUX: Constants = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_ERROR: 4,
  SO_BROADCAST: 6,
  SO_RCVTIMEO: 20,
  SO_ACCEPTCONN: 30,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 26,
  O_NONBLOCK: 0o4000,
  MSG_DONTWAIT: 0x40,
  MSG_NOSIGNAL: 0x4000,
  MAP_SHARED: 1,
  PROT_READ_WRITE: 3,
  F_DUPFD_CLOEXEC: 1030,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  FD_CLOEXEC: 1,
  RLIMIT_NOFILE: 7,
  SEM_UNDO: 0x1000,
  IPC_CREAT: 0o1000,
  IPC_RMID: 0,
  IPC_NOWAIT: 0o4000,
  SETVAL: 16,
  POSIX_SPAWN_SETSIGMASK: 8,
  POSIX_SPAWN_SETSIGDEF: 4,
  POSIX_SPAWN_SETSID: 0x80,
  SO_PEERCRED: 17,
  IPC_SET: 1,
  LOCK_SH: 1,
  LOCK_EX: 2,
  LOCK_NB: 4,
  SIG_BLOCK: 0,
  SIG_UNBLOCK: 1,
  SIG_SETMASK: 2,
  sockaddrHasLength: false,
  sunPathSize: 108,
  // Linux 5.4 and later; the kernel lowers it to net.core.somaxconn.
  SOMAXCONN: 4096,
  // The structure is packed on x86-64 and nowhere else (epoll_ctl(2), <sys/epoll.h>).
  epollEventSize: runtime.arch === "x64" ? 12 : 16,
  epollDataOffset: runtime.arch === "x64" ? 4 : 8,
};

const DARWIN: Constants = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 30,
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOL_SOCKET: 0xffff,
  SO_REUSEADDR: 4,
  SO_TYPE: 0x1008,
  SO_ERROR: 0x1007,
  SO_BROADCAST: 0x20,
  SO_RCVTIMEO: 0x1006,
  SO_ACCEPTCONN: 2,
  IPPROTO_TCP: 6,
  TCP_NODELAY: 1,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 27,
  O_NONBLOCK: 4,
  MSG_DONTWAIT: 0x80,
  MSG_NOSIGNAL: 0x80000,
  MAP_SHARED: 1,
  PROT_READ_WRITE: 3,
  F_DUPFD_CLOEXEC: 67,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  FD_CLOEXEC: 1,
  RLIMIT_NOFILE: 8,
  SEM_UNDO: 0o10000,
  IPC_CREAT: 0o1000,
  IPC_RMID: 0,
  IPC_NOWAIT: 0o4000,
  SETVAL: 8,
  POSIX_SPAWN_SETSIGMASK: 8,
  POSIX_SPAWN_SETSIGDEF: 4,
  POSIX_SPAWN_SETSID: 0x400,
  SO_PEERCRED: 0,
  IPC_SET: 1,
  LOCK_SH: 1,
  LOCK_EX: 2,
  LOCK_NB: 4,
  SIG_BLOCK: 1,
  SIG_UNBLOCK: 2,
  SIG_SETMASK: 3,
  sockaddrHasLength: true,
  sunPathSize: 104,
  SOMAXCONN: 128,
  epollEventSize: 0,
  epollDataOffset: 0,
};

/** Whether this is Linux; the other system is macOS. */
export const isLinux: boolean = runtime.platform !== "darwin";

/** The numbers of this system. */
export const constants: Constants = isLinux ? LINUX : DARWIN;
