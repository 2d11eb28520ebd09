/**
 * Every C function that Tine calls, a row each, with its prototype beside it. Results that are `ssize_t` in C
 * are read as `i32`: no single transfer here is larger than 2 GiB, and -1 stays -1.
 *
 * @module
 */

import { runtime } from "../runtime/choose.ts";
import {
  type ArgumentWord,
  type Calls,
  type CallSpec,
  type CallTable,
  libcNames,
  type Native,
} from "../runtime/runtime.ts";

const LIBC = {
  accept4: { args: ["i32", "buffer", "buffer", "i32"], result: "i32" }, // int accept4(int, struct sockaddr *, socklen_t *, int)
  accept: { args: ["i32", "buffer", "buffer"], result: "i32" }, // int accept(int, struct sockaddr *, socklen_t *)
  alarm: { args: ["u32"], result: "i32" }, // unsigned int alarm(unsigned int)
  bind: { args: ["i32", "buffer", "u32"], result: "i32" }, // int bind(int, const struct sockaddr *, socklen_t)
  chdir: { args: ["buffer"], result: "i32" }, // int chdir(const char *)
  chroot: { args: ["buffer"], result: "i32" }, // int chroot(const char *)
  clock_gettime: { args: ["i32", "buffer"], result: "i32" }, // int clock_gettime(clockid_t, struct timespec *)
  close: { args: ["i32"], result: "i32" }, // int close(int)
  connect: { args: ["i32", "buffer", "u32"], result: "i32" }, // int connect(int, const struct sockaddr *, socklen_t)
  dlsym: { args: ["usize", "buffer"], result: "address" }, // void *dlsym(void *, const char *)
  dup2: { args: ["i32", "i32"], result: "i32" }, // int dup2(int, int)
  epoll_create1: { args: ["i32"], result: "i32" }, // int epoll_create1(int)
  epoll_ctl: { args: ["i32", "i32", "i32", "buffer"], result: "i32" }, // int epoll_ctl(int, int, int, struct epoll_event *)
  epoll_wait: { args: ["i32", "buffer", "i32", "i32"], result: "i32" }, // int epoll_wait(int, struct epoll_event *, int, int)
  eventfd: { args: ["u32", "i32"], result: "i32" }, // int eventfd(unsigned int, int)
  execve: { args: ["buffer", "buffer", "buffer"], result: "i32" }, // int execve(const char *, char *const[], char *const[])
  fchmod: { args: ["i32", "u32"], result: "i32" }, // int fchmod(int, mode_t)
  fchown: { args: ["i32", "u32", "u32"], result: "i32" }, // int fchown(int, uid_t, gid_t)
  fcntl: { args: ["i32", "i32", "usize"], result: "i32" }, // int fcntl(int, int, ...)
  flock: { args: ["i32", "i32"], result: "i32" }, // int flock(int, int)
  ftruncate: { args: ["i32", "usize"], result: "i32" }, // int ftruncate(int, off_t)
  getcwd: { args: ["buffer", "usize"], result: "address" }, // char *getcwd(char *, size_t)
  getegid: { args: [], result: "i32" }, // gid_t getegid(void)
  geteuid: { args: [], result: "i32" }, // uid_t geteuid(void)
  getgrnam: { args: ["buffer"], result: "address" }, // struct group *getgrnam(const char *)
  getgrouplist: { args: ["buffer", "u32", "buffer", "buffer"], result: "i32" }, // int getgrouplist(const char *, gid_t, gid_t *, int *)
  getgroups: { args: ["i32", "buffer"], result: "i32" }, // int getgroups(int, gid_t [])
  getpeername: { args: ["i32", "buffer", "buffer"], result: "i32" }, // int getpeername(int, struct sockaddr *, socklen_t *)
  getrlimit: { args: ["i32", "buffer"], result: "i32" }, // int getrlimit(int, struct rlimit *)
  getpwnam: { args: ["buffer"], result: "address" }, // struct passwd *getpwnam(const char *)
  getpwuid: { args: ["u32"], result: "address" }, // struct passwd *getpwuid(uid_t)
  getresgid: { args: ["buffer", "buffer", "buffer"], result: "i32" }, // int getresgid(gid_t *, gid_t *, gid_t *)
  getresuid: { args: ["buffer", "buffer", "buffer"], result: "i32" }, // int getresuid(uid_t *, uid_t *, uid_t *)
  getsockname: { args: ["i32", "buffer", "buffer"], result: "i32" }, // int getsockname(int, struct sockaddr *, socklen_t *)
  getsockopt: { args: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" }, // int getsockopt(int, int, int, void *, socklen_t *)
  isatty: { args: ["i32"], result: "i32" }, // int isatty(int)
  kill: { args: ["i32", "i32"], result: "i32" }, // int kill(pid_t, int)
  listen: { args: ["i32", "i32"], result: "i32" }, // int listen(int, int)
  localtime_r: { args: ["buffer", "buffer"], result: "address" }, // struct tm *localtime_r(const time_t *, struct tm *)
  lseek: { args: ["i32", "usize", "i32"], result: "i32" }, // off_t lseek(int, off_t, int)
  memfd_create: { args: ["buffer", "u32"], result: "i32" }, // int memfd_create(const char *, unsigned int)
  mmap: { args: ["usize", "usize", "i32", "i32", "i32", "usize"], result: "address" }, // void *mmap(void *, size_t, int, int, int, off_t)
  openat: { args: ["i32", "buffer", "i32", "u32"], result: "i32" }, // int openat(int, const char *, int, ...)
  openat2: { symbol: "syscall", args: ["usize", "i32", "buffer", "buffer", "usize"], result: "i32" }, // long syscall(long, ...)
  open: { args: ["buffer", "i32", "u32"], result: "i32" }, // int open(const char *, int, ...)
  pipe: { args: ["buffer"], result: "i32" }, // int pipe(int [2])
  pipe2: { args: ["buffer", "i32"], result: "i32" }, // int pipe2(int [2], int)
  poll: { args: ["buffer", "usize", "i32"], result: "i32" }, // int poll(struct pollfd *, nfds_t, int)
  posix_spawn: { args: ["buffer", "buffer", "buffer", "buffer", "buffer", "buffer"], result: "i32" }, // int posix_spawn(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[], char *const[])
  posix_spawn_file_actions_addchdir_np: { args: ["buffer", "buffer"], result: "i32" }, // int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *)
  posix_spawn_file_actions_adddup2: { args: ["buffer", "i32", "i32"], result: "i32" }, // int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *, int, int)
  posix_spawn_file_actions_destroy: { args: ["buffer"], result: "i32" }, // int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *)
  posix_spawn_file_actions_init: { args: ["buffer"], result: "i32" }, // int posix_spawn_file_actions_init(posix_spawn_file_actions_t *)
  posix_spawnattr_destroy: { args: ["buffer"], result: "i32" }, // int posix_spawnattr_destroy(posix_spawnattr_t *)
  posix_spawnattr_init: { args: ["buffer"], result: "i32" }, // int posix_spawnattr_init(posix_spawnattr_t *)
  posix_spawnattr_setflags: { args: ["buffer", "i32"], result: "i32" }, // int posix_spawnattr_setflags(posix_spawnattr_t *, short)
  posix_spawnattr_setsigdefault: { args: ["buffer", "buffer"], result: "i32" }, // int posix_spawnattr_setsigdefault(posix_spawnattr_t *, const sigset_t *)
  posix_spawnattr_setsigmask: { args: ["buffer", "buffer"], result: "i32" }, // int posix_spawnattr_setsigmask(posix_spawnattr_t *, const sigset_t *)
  prctl: { args: ["i32", "usize", "usize", "usize", "usize"], result: "i32" }, // int prctl(int, ...)
  pthread_sigmask: { args: ["i32", "buffer", "buffer"], result: "i32" }, // int pthread_sigmask(int, const sigset_t *, sigset_t *)
  pread: { args: ["i32", "buffer", "usize", "usize"], result: "i32" }, // ssize_t pread(int, void *, size_t, off_t)
  read: { args: ["i32", "buffer", "usize"], result: "i32" }, // ssize_t read(int, void *, size_t)
  readlink: { args: ["buffer", "buffer", "usize"], result: "i32" }, // ssize_t readlink(const char *, char *, size_t)
  recv: { args: ["i32", "buffer", "usize", "i32"], result: "i32" }, // ssize_t recv(int, void *, size_t, int)
  recvfrom: { args: ["i32", "buffer", "usize", "i32", "buffer", "buffer"], result: "i32" }, // ssize_t recvfrom(int, void *, size_t, int, struct sockaddr *, socklen_t *)
  recvmsg: { args: ["i32", "buffer", "i32"], result: "i32" }, // ssize_t recvmsg(int, struct msghdr *, int)
  semctl: { args: ["i32", "i32", "i32", "usize"], result: "i32" }, // int semctl(int, int, int, ...)
  semget: { args: ["i32", "i32", "i32"], result: "i32" }, // int semget(key_t, int, int)
  semop: { args: ["i32", "buffer", "usize"], result: "i32" }, // int semop(int, struct sembuf *, size_t)
  send: { args: ["i32", "buffer", "usize", "i32"], result: "i32" }, // ssize_t send(int, const void *, size_t, int)
  sendmsg: { args: ["i32", "buffer", "i32"], result: "i32" }, // ssize_t sendmsg(int, const struct msghdr *, int)
  sendto: { args: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "i32" }, // ssize_t sendto(int, const void *, size_t, int, const struct sockaddr *, socklen_t)
  setrlimit: { args: ["i32", "buffer"], result: "i32" }, // int setrlimit(int, const struct rlimit *)
  setgid: { args: ["u32"], result: "i32" }, // int setgid(gid_t)
  setgroups: { args: ["usize", "buffer"], result: "i32" }, // int setgroups(size_t, const gid_t *)
  setresgid: { args: ["u32", "u32", "u32"], result: "i32" }, // int setresgid(gid_t, gid_t, gid_t)
  setresuid: { args: ["u32", "u32", "u32"], result: "i32" }, // int setresuid(uid_t, uid_t, uid_t)
  setsockopt: { args: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" }, // int setsockopt(int, int, int, const void *, socklen_t)
  setuid: { args: ["u32"], result: "i32" }, // int setuid(uid_t)
  shutdown: { args: ["i32", "i32"], result: "i32" }, // int shutdown(int, int)
  sigaction: { args: ["i32", "buffer", "buffer"], result: "i32" }, // int sigaction(int, const struct sigaction *, struct sigaction *)
  signal: { args: ["i32", "usize"], result: "address" }, // sighandler_t signal(int, sighandler_t)
  socketpair: { args: ["i32", "i32", "i32", "buffer"], result: "i32" }, // int socketpair(int, int, int, int [2])
  socket: { args: ["i32", "i32", "i32"], result: "i32" }, // int socket(int, int, int)
  statx: { args: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" }, // int statx(int, const char *, int, unsigned int, struct statx *)
  syscall2: { symbol: "syscall", args: ["usize", "usize", "usize"], result: "i32" }, // long syscall(long, ...)
  syscall3: { symbol: "syscall", args: ["usize", "usize", "usize", "usize"], result: "i32" }, // long syscall(long, ...)
  syscall4: { symbol: "syscall", args: ["usize", "usize", "usize", "usize", "usize"], result: "i32" }, // long syscall(long, ...)
  unlink: { args: ["buffer"], result: "i32" }, // int unlink(const char *)
  umask: { args: ["u32"], result: "i32" }, // mode_t umask(mode_t)
  waitpid: { args: ["i32", "buffer", "i32"], result: "i32" }, // pid_t waitpid(pid_t, int *, int)
  write: { args: ["i32", "buffer", "usize"], result: "i32" }, // ssize_t write(int, const void *, size_t)
  errno_location: {
    symbol: runtime.platform === "darwin" ? "__error" : "__errno_location",
    args: [],
    result: "address",
  }, // int *__errno_location(void)
} as const satisfies CallTable;

/**
 * The rows whose C prototype ends with `...`, and how many parameters come before that. (`syscall` and `prctl` are called on
 * Linux alone.)
 */
export const VARIADIC = { fcntl: 2, open: 2, openat: 3, semctl: 3 } as const satisfies Partial<
  Record<keyof typeof LIBC, number>
>;

/** How many arguments arm64 passes in registers. */
const REGISTERS = 8;

/** The row with idle words behind the parameters that are named, so that all others lie on the stack. Pure. */
export function onStack(spec: CallSpec, named: number): CallSpec {
  const words: ArgumentWord[] = [
    ...spec.args.slice(0, named),
    ...Array<ArgumentWord>(REGISTERS - named).fill("usize"),
    // On the stack each takes a whole word.
    ...spec.args.slice(named).map(() => "usize" as const),
  ];
  return { ...spec, args: words };
}

/** The same calls, where the arguments of `...` lie on the stack: so on arm64 macOS, and nowhere else. */
function withStack(calls: Calls<typeof LIBC>): Calls<typeof LIBC> {
  const rows = Object.entries(VARIADIC).map(([name, named]) =>
    [name, onStack(LIBC[name as keyof typeof VARIADIC], named)] as const
  );
  const bound = runtime.open(libraries, Object.fromEntries(rows)) as Record<string, Native>;
  const wrapped = Object.entries(VARIADIC).map(([name, named]) => {
    const idle = Array<number>(REGISTERS - named).fill(0);
    const call: Native = (...args) =>
      (bound[name] as Native)(...args.slice(0, named), ...idle, ...args.slice(named));
    return [name, call];
  });
  return Object.assign(Object.create(calls), Object.fromEntries(wrapped));
}

const libraries = libcNames(runtime.platform, runtime.arch);
const bound = runtime.open(libraries, LIBC);

/** The C library, each function bound when it is first touched. */
export const libc: Calls<typeof LIBC> = runtime.platform === "darwin" && runtime.arch === "arm64"
  ? withStack(bound)
  : bound;

/** `fcntl` with one number as its argument. */
export function fcntl(fd: number, command: number, argument: number): number {
  return libc.fcntl(fd, command, argument);
}

// errno is one word for each thread and stays where it is: it is mapped once, for the main thread.
const errnoView = new Int32Array(runtime.memory(libc.errno_location(), 4));

/** The error number of the last call that failed on this thread. Read it before anything else is called. */
export function errno(): number {
  return errnoView[0] as number;
}
