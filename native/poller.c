/*
 * Reads all sockets that have something with one call from the event loop, and writes strings to them. Node's streams
 * call into JavaScript once for each socket, and make an object of each write; on a busy broker that costs more than all
 * that the broker does itself. It is optional: src/sockets does without where it was not built.
 *
 * The sockets are watched by an epoll of our own, which the event loop watches as a whole.
 */
#define NAPI_VERSION 8
#include <errno.h>
#include <node_api.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum {
  /* Sockets read at a time, at most. Those left over are the first ones next time. */
  MOST = 256,
  /* Times that is done before the event loop sees to all else; going through it costs as much as reading some sockets. */
  ROUNDS = 8,
  /* Bytes of a string that are written at a time, at most. */
  LONGEST = 64 * 1024,
};

/* Noted of a socket, above its descriptor: programs can pass descriptors along on it. */
static const uint64_t PASSES = (uint64_t)1 << 32;

typedef struct {
  napi_env env;
  napi_async_cleanup_hook_handle cleanup;
  napi_async_context context;
  napi_ref receiver;
  napi_ref ready;
  /* Keep alive what is pointed to. */
  napi_ref memory;
  napi_ref readings_array;
  uv_poll_t poll;
  int epoll;
  int watched;
  /* Where socket number i of a turn is read to: `piece` bytes, `stride` after those of the one before. */
  char *pieces;
  uint32_t piece;
  uint32_t stride;
  uint32_t most;
  /* What was read: a descriptor, then how many bytes, 0 at the stream's end, or what is wrong, as -errno. */
  int32_t *readings;
  /* One more: a string is copied with a zero behind it. */
  char text[LONGEST + 1];
} poller;

static napi_value fail(napi_env env, const char *text) {
  napi_throw_error(env, NULL, text);
  return NULL;
}

/*
 * Says what we want to hear of a socket: each time that something comes, and not again and again for as long as it is there, which would
 * have the kernel look at all that we have just read. Who has not read all says it anew. @returns as epoll_ctl does
 */
static int want(poller *self, int operation, int descriptor) {
  int domain = AF_UNIX;
  socklen_t size = sizeof domain;
  getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  struct epoll_event wanted = {.events = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET, .data.fd = descriptor};
  if (domain == AF_UNIX) wanted.data.u64 |= PASSES;
  return epoll_ctl(self->epoll, operation, descriptor, &wanted);
}

/*
 * Reads once. @param whole set to whether that was all there is; the kernel stops early at a descriptor that a program passes along,
 * which it drops, and at urgent data
 * @returns bytes read, 0 at the stream's end, or -errno
 */
static ssize_t read_once(const poller *self, const struct epoll_event *event, char *piece, int *whole) {
  struct iovec where = {.iov_base = piece, .iov_len = self->piece};
  struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1};
  /* The plainer call is the faster one. */
  ssize_t length = (event->data.u64 & PASSES) == 0 ? recv(event->data.fd, piece, self->piece, 0) : recvmsg(event->data.fd, &message, 0);
  if (length < 0) return -errno;
  *whole = length < (ssize_t)self->piece && event->events == EPOLLIN && (message.msg_flags & MSG_CTRUNC) == 0;
  return length;
}

static int read_all(poller *self) {
  struct epoll_event events[MOST];
  int found = epoll_wait(self->epoll, events, (int)self->most, 0);
  int count = 0;
  for (int i = 0; i < found; i++) {
    int descriptor = events[i].data.fd;
    int whole = 1;
    ssize_t length = read_once(self, &events[i], self->pieces + (size_t)count * self->stride, &whole);
    if (length == -EAGAIN) continue;
    /* There may be more, be it the stream's end, of which we would not hear otherwise. */
    if (length > 0 && !whole) want(self, EPOLL_CTL_MOD, descriptor);
    self->readings[2 * count] = descriptor;
    self->readings[2 * count + 1] = (int32_t)length;
    count++;
  }
  return count;
}

/* @returns whether JavaScript can go on */
static int tell(poller *self, int count) {
  napi_env env = self->env;
  napi_handle_scope scope;
  napi_value receiver, ready, argument;
  napi_open_handle_scope(env, &scope);
  napi_get_reference_value(env, self->receiver, &receiver);
  napi_get_reference_value(env, self->ready, &ready);
  napi_create_int32(env, count, &argument);
  napi_status status = napi_make_callback(env, self->context, receiver, ready, 1, &argument, NULL);
  if (status == napi_pending_exception) {
    napi_value exception;
    napi_get_and_clear_last_exception(env, &exception);
    napi_fatal_exception(env, exception);
  }
  napi_close_handle_scope(env, scope);
  return status == napi_ok;
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  (void)events;
  poller *self = poll->data;
  if (status < 0) napi_fatal_error("poller", NAPI_AUTO_LENGTH, uv_strerror(status), NAPI_AUTO_LENGTH);
  for (int round = 0; round < ROUNDS; round++) {
    /* All is read before JavaScript is called: that may close some of the sockets, and others may get their descriptors. */
    int count = read_all(self);
    if (count == 0 || !tell(self, count)) return;
  }
}

static void on_closed(uv_handle_t *handle) {
  poller *self = handle->data;
  close(self->epoll);
  napi_remove_async_cleanup_hook(self->cleanup);
  free(self);
}

static void on_exit_of(napi_async_cleanup_hook_handle cleanup, void *data) {
  (void)cleanup;
  poller *self = data;
  if (self->epoll != -1) {
    uv_close((uv_handle_t *)&self->poll, on_closed);
    return;
  }
  napi_remove_async_cleanup_hook(self->cleanup);
  free(self);
}

/* The poller of this thread, and what it is called with. NULL, and an exception, if those are fewer than `wanted`. */
static poller *called(napi_env env, napi_callback_info info, size_t wanted, napi_value *arguments) {
  size_t given = wanted;
  void *self;
  napi_get_cb_info(env, info, &given, arguments, NULL, &self);
  if (given >= wanted) return self;
  fail(env, "too few arguments");
  return NULL;
}

/* start(memory: Buffer, piece: number, stride: number, readings: Int32Array, ready: (count: number) => void): void */
static napi_value start(napi_env env, napi_callback_info info) {
  napi_value given[5];
  poller *self = called(env, info, 5, given);
  if (self == NULL) return NULL;
  if (self->epoll != -1) return fail(env, "it is started already");
  size_t size, length;
  napi_typedarray_type type;
  if (napi_get_buffer_info(env, given[0], (void **)&self->pieces, &size) != napi_ok ||
      napi_get_value_uint32(env, given[1], &self->piece) != napi_ok ||
      napi_get_value_uint32(env, given[2], &self->stride) != napi_ok ||
      napi_get_typedarray_info(env, given[3], &type, &length, (void **)&self->readings, NULL, NULL) != napi_ok ||
      type != napi_int32_array || self->piece == 0 || self->stride < self->piece)
    return fail(env, "start takes memory, piece, stride, readings, and whom to call");
  /* Each has its piece of the memory, and two of the numbers. */
  size_t most = size < self->piece ? 0 : 1 + (size - self->piece) / self->stride;
  if (most > length / 2) most = length / 2;
  if (most == 0) return fail(env, "the memory has no room for one piece");
  self->most = most > MOST ? MOST : (uint32_t)most;

  napi_value receiver, name;
  uv_loop_t *loop;
  napi_create_object(env, &receiver);
  napi_create_string_utf8(env, "msglite.poller", NAPI_AUTO_LENGTH, &name);
  if (napi_create_reference(env, given[4], 1, &self->ready) != napi_ok ||
      napi_create_reference(env, given[0], 1, &self->memory) != napi_ok ||
      napi_create_reference(env, given[3], 1, &self->readings_array) != napi_ok ||
      napi_create_reference(env, receiver, 1, &self->receiver) != napi_ok ||
      napi_async_init(env, receiver, name, &self->context) != napi_ok ||
      napi_get_uv_event_loop(env, &loop) != napi_ok)
    return fail(env, "Node.js does not let us in");
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll == -1) return fail(env, uv_strerror(-errno));
  self->poll.data = self;
  int failed = uv_poll_init(loop, &self->poll, epoll);
  if (failed == 0) {
    /* From here on the handle must be closed before the memory goes. */
    self->epoll = epoll;
    failed = uv_poll_start(&self->poll, UV_READABLE, on_ready);
    /* What keeps the process alive is what is watched. */
    uv_unref((uv_handle_t *)&self->poll);
  } else {
    close(epoll);
  }
  return failed == 0 ? NULL : fail(env, uv_strerror(failed));
}

/* @returns 0, or what is wrong, as -errno */
static napi_value control(napi_env env, napi_callback_info info, int operation, int change) {
  napi_value descriptor, result;
  int32_t number;
  poller *self = called(env, info, 1, &descriptor);
  if (self == NULL) return NULL;
  if (napi_get_value_int32(env, descriptor, &number) != napi_ok) return fail(env, "a descriptor is a number");
  int failed = want(self, operation, number) == 0 ? 0 : -errno;
  if (failed == 0) {
    self->watched += change;
    if (self->watched == 0) uv_unref((uv_handle_t *)&self->poll);
    else uv_ref((uv_handle_t *)&self->poll);
  }
  napi_create_int32(env, failed, &result);
  return result;
}

/* watch(descriptor: number): number */
static napi_value watch(napi_env env, napi_callback_info info) {
  return control(env, info, EPOLL_CTL_ADD, 1);
}

/* unwatch(descriptor: number): number; before it is closed */
static napi_value unwatch(napi_env env, napi_callback_info info) {
  return control(env, info, EPOLL_CTL_DEL, -1);
}

/* write(descriptor: number, text: string): number; a byte per character. @returns how many were taken, or -errno */
static napi_value write_text(napi_env env, napi_callback_info info) {
  napi_value given[2], result;
  int32_t descriptor;
  size_t length;
  poller *self = called(env, info, 2, given);
  if (self == NULL) return NULL;
  if (napi_get_value_int32(env, given[0], &descriptor) != napi_ok ||
      napi_get_value_string_latin1(env, given[1], self->text, sizeof self->text, &length) != napi_ok)
    return fail(env, "write takes a descriptor and a string");
  ssize_t taken = send(descriptor, self->text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  napi_create_int32(env, taken < 0 ? -errno : (int32_t)taken, &result);
  return result;
}

static napi_value init(napi_env env, napi_value exports) {
  poller *self = calloc(1, sizeof *self);
  if (self == NULL) return fail(env, "out of memory");
  self->env = env;
  self->epoll = -1;
  if (napi_add_async_cleanup_hook(env, on_exit_of, self, &self->cleanup) != napi_ok) {
    free(self);
    return fail(env, "Node.js does not let us in");
  }
  napi_property_descriptor functions[] = {
      {"start", NULL, start, NULL, NULL, NULL, napi_enumerable, self},
      {"watch", NULL, watch, NULL, NULL, NULL, napi_enumerable, self},
      {"unwatch", NULL, unwatch, NULL, NULL, NULL, napi_enumerable, self},
      {"write", NULL, write_text, NULL, NULL, NULL, napi_enumerable, self},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}

NAPI_MODULE(poller, init)
