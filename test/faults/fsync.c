/*
 * Preloaded, makes one sync of a process fail as a dying disk does: the one numbered SYNC_FAILS (from 1) among those of
 * files whose path ends in SYNC_OF. It says so on stderr. All others are passed on.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd) {
  static int seen;
  const char *which = getenv("SYNC_FAILS"), *suffix = getenv("SYNC_OF");
  char link[64], path[4096];
  if (!which || !suffix) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  size_t end = strlen(suffix);
  if (length < (ssize_t)end || memcmp(path + length - end, suffix, end) != 0) return 0;
  if (++seen != atoi(which)) return 0;
  path[length] = 0;
  dprintf(2, "sync failed: %s\n", path);
  errno = EIO;
  return 1;
}

static int pass(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  return real(fd);
}

int fsync(int fd) { return fails(fd) ? -1 : pass("fsync", fd); }

int fdatasync(int fd) { return fails(fd) ? -1 : pass("fdatasync", fd); }
