/*
 * The load: N concurrent clients of an echo server, from one thread over epoll.
 *
 *   load -p PORT [-c CLIENTS] [-w WARMUP_MS] [-d DURATION_MS] [-n COUNT]
 *
 * Each client connects, reads the greeting line, sends "hello", reads the answer line, checks it, closes, and
 * begins again. One JSON object goes to standard output. It is C, so that what is measured is the server: some 98 %
 * of its time is the kernel's, and "busy" tells how much of a core it took (near 1, it would be the bottleneck).
 *
 * The client closes first, so TIME_WAIT stays on this side: 60 s for each pair of addresses, and one source address
 * has some 28,000 ports, which is a second's worth (from one address, p99 rises to thirty times as much). Resetting
 * instead (SO_LINGER 0) would avoid TIME_WAIT but hand each server an ECONNRESET that no well-behaved client causes,
 * and so measure its error path. Clients therefore take their source addresses in turn from 127.0.0.2 on (all of
 * 127/8 is local on Linux), and IP_BIND_ADDRESS_NO_PORT (Linux 4.2) leaves the port to connect(), which needs it
 * unique for the pair only. That measured as fast as resetting.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { MAX_CLIENTS = 1024, SOURCE_ADDRESSES = 250, BUFFER = 512, MAX_ERRORS = 100, DRAIN_MS = 3000 };
enum { SUB_BITS = 7, SUB = 1 << SUB_BITS, BUCKETS = 64 * SUB };

static const char REQUEST[] = "hello\r\n";
static const char GREETING[] = "Welcome to \"";
static const char ANSWER[] = "You said \"hello\"";

enum stage { IDLE, AWAIT_GREETING, AWAIT_ANSWER };

struct client {
  int fd;
  enum stage stage;
  uint64_t began;
  size_t length;
  char buffer[BUFFER];
};

static struct client clients[MAX_CLIENTS];
static uint64_t histogram[BUCKETS];
static uint64_t recorded, slowest, began_total, answered, in_window, errors;
static uint64_t measure_from, measure_to, wanted;
static int epoll_fd, port, in_flight;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(111);
}

/* Log-linear: 128 buckets to each power of two, so a percentile is within 0.8 % of the truth. */
static size_t bucket_of(uint64_t ns) {
  if (ns < SUB) return ns;
  int shift = 63 - __builtin_clzll(ns) - SUB_BITS;
  return ((size_t)(shift + 1) << SUB_BITS) + ((ns >> shift) - SUB);
}

static double middle_of(size_t bucket) {
  if (bucket < SUB) return (double)bucket;
  int shift = (int)(bucket >> SUB_BITS) - 1;
  return ((double)(bucket & (SUB - 1)) + SUB + 0.5) * (double)(1ull << shift);
}

static double percentile(double share) {
  uint64_t rank = (uint64_t)(share * (double)recorded), seen = 0;
  for (size_t i = 0; i < BUCKETS; i++) {
    seen += histogram[i];
    if (seen > rank) return middle_of(i);
  }
  return (double)slowest;
}

static void leave(struct client *c) {
  close(c->fd); /* which also takes it out of the epoll set */
  c->stage = IDLE;
  in_flight--;
}

static void failed(struct client *c, const char *why) {
  if (errors++ == 0) fprintf(stderr, "load: first error: %s\n", why);
  leave(c);
}

static void begin(struct client *c) {
  static const int one = 1;
  struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  from.sin_addr.s_addr = htonl(0x7f000002u + (uint32_t)(began_total++ % SOURCE_ADDRESSES));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket");
  setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  if (bind(c->fd, (struct sockaddr *)&from, sizeof from) < 0) die("bind to a 127.0.0.x address");
  c->stage = AWAIT_GREETING;
  c->length = 0;
  c->began = now();
  in_flight++;
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
    failed(c, strerror(errno));
    return;
  }
  /* The server speaks first: readable is the only event to wait for, also for a refused connection. */
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl");
}

static void finished(struct client *c) {
  uint64_t at = now(), took = at - c->began;
  leave(c);
  answered++;
  if (at < measure_from) return;
  if (at <= measure_to) in_window++;
  /* One that was under way when the window closed still counts here: leaving it out would hide the slow ones. */
  histogram[bucket_of(took)]++;
  recorded++;
  if (took > slowest) slowest = took;
}

/* Takes what has arrived. Leaves the client IDLE when it is done, one way or the other. */
static void readable(struct client *c) {
  ssize_t got = recv(c->fd, c->buffer + c->length, BUFFER - 1 - c->length, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) { failed(c, strerror(errno)); return; }
  if (got == 0) { failed(c, "closed by the server before the answer"); return; }
  c->length += (size_t)got;
  c->buffer[c->length] = 0;
  char *newline;
  while ((newline = memchr(c->buffer, '\n', c->length)) != NULL) {
    *newline = 0;
    if (c->stage == AWAIT_ANSWER) {
      if (strstr(c->buffer, ANSWER) == NULL) failed(c, c->buffer);
      else finished(c);
      return;
    }
    if (strncmp(c->buffer, GREETING, sizeof GREETING - 1) != 0) { failed(c, c->buffer); return; }
    if (send(c->fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) != (ssize_t)sizeof REQUEST - 1) {
      failed(c, strerror(errno));
      return;
    }
    c->stage = AWAIT_ANSWER;
    c->length -= (size_t)(newline + 1 - c->buffer);
    memmove(c->buffer, newline + 1, c->length);
  }
  if (c->length == BUFFER - 1) failed(c, "a line longer than the buffer");
}

static double cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static int may_begin(uint64_t at) {
  return at < measure_to && errors < MAX_ERRORS && (wanted == 0 || began_total < wanted);
}

static void run(int count) {
  struct epoll_event events[MAX_CLIENTS];
  for (int i = 0; i < count && may_begin(now()); i++) begin(&clients[i]);
  uint64_t at = now(), give_up = measure_to + (uint64_t)DRAIN_MS * 1000000u;
  while (in_flight > 0 && at < give_up) {
    int ready = epoll_wait(epoll_fd, events, MAX_CLIENTS, 100);
    if (ready < 0 && errno != EINTR) die("epoll_wait");
    at = now();
    for (int i = 0; i < ready; i++) {
      struct client *c = events[i].data.ptr;
      readable(c);
      if (c->stage == IDLE && may_begin(at)) begin(c);
    }
  }
  for (int i = 0; i < count; i++) {
    if (clients[i].stage != IDLE) failed(&clients[i], "no answer within the deadline");
  }
}

int main(int argc, char **argv) {
  int option, count = 16;
  uint64_t warmup_ms = 0, duration_ms = 3000;
  while ((option = getopt(argc, argv, "p:c:w:d:n:")) != -1) {
    if (option == 'p') port = atoi(optarg);
    else if (option == 'c') count = atoi(optarg);
    else if (option == 'w') warmup_ms = strtoull(optarg, NULL, 10);
    else if (option == 'd') duration_ms = strtoull(optarg, NULL, 10);
    else if (option == 'n') wanted = strtoull(optarg, NULL, 10);
    else return 100;
  }
  if (port <= 0 || port > 65535 || count < 1 || count > MAX_CLIENTS) {
    fprintf(stderr, "usage: load -p PORT [-c CLIENTS] [-w WARMUP_MS] [-d DURATION_MS] [-n COUNT]\n");
    return 100;
  }
  if ((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0) die("epoll_create1");
  uint64_t start = now();
  measure_from = start + warmup_ms * 1000000u;
  measure_to = measure_from + duration_ms * 1000000u;
  run(count);
  uint64_t end = now();
  double seconds = (double)((end < measure_to ? end : measure_to) - measure_from) / 1e9;
  printf("{\"connections\":%llu,\"seconds\":%.3f,\"perSecond\":%.1f,\"p50Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f,"
         "\"busy\":%.2f,\"errors\":%llu}\n",
         (unsigned long long)answered, seconds, seconds > 0 ? (double)in_window / seconds : 0.0,
         recorded ? percentile(0.50) / 1e3 : 0.0, recorded ? percentile(0.99) / 1e3 : 0.0, (double)slowest / 1e3,
         cpu_seconds() / ((double)(end - start) / 1e9), (unsigned long long)errors);
  return 0;
}
