/*
 * The floor under round trips: what is left of a broker when only its reads and writes are left. Questions (?) and
 * workers that are ready (<) are paired in the order in which they come; an answer (>) goes to the connection that its
 * address is the number of. One thread, one read and at most one write per connection and turn of the loop.
 *
 * It knows no addresses, timeouts, limits or errors, and trusts that each command comes whole, which is so for small
 * ones on a unix socket with one outstanding on each connection.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CONNECTIONS = 4096, QUEUED = 8192, EVENTS = 512, INPUT = 1 << 18, OUTPUT = 1 << 14 };

struct question {
  int asker;
  size_t length;
  char *body;
};

static struct { char bytes[OUTPUT]; size_t length; } output[CONNECTIONS];
static int written[CONNECTIONS], writtenCount;

static struct question questions[QUEUED];
static unsigned firstQuestion, lastQuestion;
static int workers[QUEUED];
static unsigned firstWorker, lastWorker;

/* Leaves a message for the end of this turn. */
static void message(int to, const char *address, int replyTo, const char *body, size_t length) {
  if (output[to].length == 0) written[writtenCount++] = to;
  if (output[to].length + length + 64 > OUTPUT) errx(1, "too much for one connection");
  char *out = output[to].bytes + output[to].length;
  int head = replyTo < 0 ? sprintf(out, "> %zu 30 %s\r\n", length, address)
                         : sprintf(out, "> %zu 30 %s %d\r\n", length, address, replyTo);
  memcpy(out + head, body, length);
  memcpy(out + head + length, "\r\n", 2);
  output[to].length += head + length + 2;
}

static void pair(void) {
  while (firstQuestion != lastQuestion && firstWorker != lastWorker) {
    struct question *next = &questions[firstQuestion++ % QUEUED];
    message(workers[firstWorker++ % QUEUED], "bench", next->asker, next->body, next->length);
    free(next->body);
  }
}

/* Carries out one command. Returns where the next begins. */
static char *command(int from, char *line) {
  char *body = strchr(line, '\n') + 1;
  if (*line == '<') {
    workers[lastWorker++ % QUEUED] = from;
    return body;
  }
  size_t length = strtoul(line + 2, NULL, 10);
  if (*line == '?') {
    struct question *next = &questions[lastQuestion++ % QUEUED];
    *next = (struct question){from, length, memcpy(malloc(length), body, length)};
  } else {
    /* > length timeout address */
    char *address = strchr(strchr(line + 2, ' ') + 1, ' ') + 1;
    message(atoi(address), "answer", -1, body, length);
  }
  return body + length + 2;
}

int main(int count, char **arguments) {
  static char input[INPUT + 1];
  if (count != 2) errx(2, "usage: floor SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, arguments[1], sizeof address.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 512)) err(1, "%s", arguments[1]);

  int poll = epoll_create1(0);
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
  for (;;) {
    int ready = epoll_wait(poll, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      int connection = events[i].data.fd;
      if (connection == listener) {
        wanted.data.fd = accept(listener, NULL, NULL);
        if (wanted.data.fd < 0 || wanted.data.fd >= CONNECTIONS) err(1, "accept");
        epoll_ctl(poll, EPOLL_CTL_ADD, wanted.data.fd, &wanted);
        continue;
      }
      ssize_t length = read(connection, input, INPUT);
      if (length <= 0) {
        close(connection);
        /* What waits belongs to somebody who has gone; the next who measures begins anew. */
        firstQuestion = lastQuestion;
        firstWorker = lastWorker;
        continue;
      }
      input[length] = 0;
      for (char *next = input; next < input + length;) next = command(connection, next);
    }
    pair();
    for (int i = 0; i < writtenCount; i++) {
      int to = written[i];
      if (write(to, output[to].bytes, output[to].length) != (ssize_t)output[to].length) output[to].length = 0;
      output[to].length = 0;
    }
    writtenCount = 0;
  }
}
