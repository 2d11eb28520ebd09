/*
 * The limit: the echo server that Tine and Net::Server run, as a C program would have it.
 *
 *   prefork CHILDREN [-v]
 *
 * CHILDREN processes block in accept() on one shared socket, on 127.0.0.1 and a port that the kernel picks. A client
 * costs the system calls that nobody can do without: accept, write the greeting, read a line, write the answer, read
 * the end, close. -v writes a line for each child, as the others do at log_level 4.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_CHILDREN = 1024, LINE = 1024 };

static void die(const char *what) {
  perror(what);
  exit(111);
}

static int answer(int client, const char *line, size_t length, int pid) {
  char text[LINE + 64];
  while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
  int size = snprintf(text, sizeof text, "C:%d: You said \"%.*s\"\r\n", pid, (int)length, line);
  return write(client, text, (size_t)size) == size;
}

/* Answers each line until the client has closed its side. */
static void converse(int client, int pid) {
  char buffer[LINE];
  size_t held = 0;
  int size = snprintf(buffer, sizeof buffer, "Welcome to \"C\" (%d)\r\n", pid);
  if (write(client, buffer, (size_t)size) != size) return;
  for (;;) {
    ssize_t got = read(client, buffer + held, sizeof buffer - held);
    if (got <= 0) return;
    held += (size_t)got;
    char *newline;
    while ((newline = memchr(buffer, '\n', held)) != NULL) {
      size_t length = (size_t)(newline + 1 - buffer);
      if (!answer(client, buffer, length, pid)) return;
      memmove(buffer, newline + 1, held -= length);
    }
    if (held == sizeof buffer) return;
  }
}

static void child(int listener, int parent, int verbose) {
  /* A parent that was killed leaves no children behind; the check is for one that died before prctl() took hold. */
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) exit(0);
  signal(SIGPIPE, SIG_IGN);
  int pid = getpid();
  if (verbose) fprintf(stderr, "Child Preforked (%d)\n", pid);
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    converse(client, pid);
    close(client);
  }
}

int main(int argc, char **argv) {
  int children = argc > 1 ? atoi(argv[1]) : 0, verbose = argc > 2 && strcmp(argv[2], "-v") == 0, one = 1;
  if (children < 1 || children > MAX_CHILDREN) {
    fprintf(stderr, "usage: prefork CHILDREN [-v]\n");
    return 100;
  }
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0) die("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
  if (listen(listener, 4096) < 0) die("listen");
  if (getsockname(listener, (struct sockaddr *)&at, &size) < 0) die("getsockname");

  /* Blocked before the first fork, so that a TERM that comes early waits for sigwait() instead of being lost. */
  sigset_t ending, before;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigprocmask(SIG_BLOCK, &ending, &before);

  static pid_t pids[MAX_CHILDREN];
  int parent = getpid(), signal_number;
  for (int i = 0; i < children; i++) {
    pids[i] = fork();
    if (pids[i] < 0) die("fork");
    if (pids[i] == 0) {
      sigprocmask(SIG_SETMASK, &before, NULL);
      child(listener, parent, verbose);
    }
  }
  fprintf(stderr, "Bound to auto-assigned port %d\n", ntohs(at.sin_port));
  sigwait(&ending, &signal_number);
  for (int i = 0; i < children; i++) kill(pids[i], SIGTERM);
  while (wait(NULL) > 0) {}
  return 0;
}
