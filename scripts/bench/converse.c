/*
 * The program that is run for each client: the dialogue of the echo server, over standard input and output.
 *
 * It does as little as it can, so that what is measured is who runs it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 1024 };

int main(void) {
  char buffer[LINE], text[LINE + 64];
  size_t held = 0;
  int pid = getpid(), size = snprintf(text, sizeof text, "Welcome to \"program\" (%d)\r\n", pid);
  if (write(1, text, (size_t)size) != size) return 1;
  for (;;) {
    ssize_t got = read(0, buffer + held, sizeof buffer - held);
    if (got <= 0) return 0;
    held += (size_t)got;
    char *newline;
    while ((newline = memchr(buffer, '\n', held)) != NULL) {
      size_t length = (size_t)(newline + 1 - buffer), shown = length;
      while (shown > 0 && (buffer[shown - 1] == '\n' || buffer[shown - 1] == '\r')) shown--;
      size = snprintf(text, sizeof text, "%d: You said \"%.*s\"\r\n", pid, (int)shown, buffer);
      if (write(1, text, (size_t)size) != size) return 1;
      memmove(buffer, newline + 1, held -= length);
    }
    if (held == sizeof buffer) return 0;
  }
}
