#define _GNU_SOURCE
#include "clinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

const int clinux_O_PATH = O_PATH, clinux_O_NOATIME = O_NOATIME, clinux_O_TMPFILE = O_TMPFILE;
const int clinux_SEEK_DATA = SEEK_DATA, clinux_SEEK_HOLE = SEEK_HOLE, clinux_AT_EMPTY_PATH = AT_EMPTY_PATH;
const int clinux_FS_IMMUTABLE_FL = FS_IMMUTABLE_FL, clinux_FS_APPEND_FL = FS_APPEND_FL;

int clinux_openat(int directory, const char *path, int flags, mode_t mode) {
  return openat(directory, path, flags, mode);
}

int clinux_openat_beneath(int directory, const char *path, int flags, mode_t mode) {
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = (uint64_t)(unsigned)flags;
  how.mode = (flags & (O_CREAT | __O_TMPFILE)) ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int clinux_fstatat(int directory, const char *path, int flags, struct clinux_stat *out) {
  struct stat s;
  int result = fstatat(directory, path, &s, flags);
  if (result != 0) return result;
  out->device = s.st_dev;
  out->inode = s.st_ino;
  out->links = s.st_nlink;
  out->size = (uint64_t)s.st_size;
  out->blocks = (uint64_t)s.st_blocks;
  out->mode = s.st_mode;
  out->uid = s.st_uid;
  out->gid = s.st_gid;
  out->rdev_major = major(s.st_rdev);
  out->rdev_minor = minor(s.st_rdev);
  out->mtime = s.st_mtim.tv_sec;
  out->mtime_nsec = (uint32_t)s.st_mtim.tv_nsec;
  out->ctime = s.st_ctim.tv_sec;
  out->ctime_nsec = (uint32_t)s.st_ctim.tv_nsec;
  return 0;
}

ssize_t clinux_getdents(int directory, void *buffer, size_t size) {
  return syscall(SYS_getdents64, directory, buffer, size);
}


int clinux_is_cached(int file) { return clinux_is_cached_at(file, 0); }

int clinux_is_cached_at(int file, int64_t offset) {
  char byte;
  struct iovec vector = {&byte, 1};
  ssize_t count = preadv2(file, &vector, 1, offset, RWF_NOWAIT);
  return count < 0 && errno == EAGAIN ? 0 : 1;
}

int clinux_drop_cache_range(int file, int64_t offset, int64_t length) {
  return posix_fadvise(file, offset, length, POSIX_FADV_DONTNEED);
}

int clinux_prefetch(int file, int64_t offset, int64_t length) {
  return posix_fadvise(file, offset, length, POSIX_FADV_WILLNEED);
}

int clinux_drop_cache(int file) { return posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED); }

int clinux_start_writeback(int file, int64_t offset, int64_t length) {
  return sync_file_range(file, offset, length, SYNC_FILE_RANGE_WRITE);
}

int clinux_flock(int file, int exclusive) { return flock(file, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB); }
int clinux_unlock(int file) { return flock(file, LOCK_UN); }

uint64_t clinux_makedev(uint32_t major_number, uint32_t minor_number) { return makedev(major_number, minor_number); }

int clinux_mknodat(int directory, const char *name, mode_t mode, uint64_t device) {
  return mknodat(directory, name, mode, (dev_t)device);
}

int clinux_exchange(int directory, const char *name, int other_directory, const char *other_name) {
  return renameat2(directory, name, other_directory, other_name, RENAME_EXCHANGE);
}

int clinux_rename_new(int directory, const char *name, int other_directory, const char *new_name) {
  return renameat2(directory, name, other_directory, new_name, RENAME_NOREPLACE);
}

void clinux_coarse_time(int64_t *seconds, uint32_t *nanoseconds) {
  struct timespec now = {0, 0};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  *seconds = now.tv_sec;
  *nanoseconds = (uint32_t)now.tv_nsec;
}

int clinux_set_utf8_ctype(void) { return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1; }

int clinux_space(int file, uint64_t *available, uint64_t *total) {
  struct statvfs s;
  int result = fstatvfs(file, &s);
  if (result != 0) return result;
  *available = (uint64_t)s.f_bavail * s.f_frsize;
  *total = (uint64_t)s.f_blocks * s.f_frsize;
  return 0;
}

int clinux_syncfs(int file) { return syncfs(file); }

int clinux_inode_flags(int file, int *flags) { return ioctl(file, FS_IOC_GETFLAGS, flags); }
int clinux_set_inode_flags(int file, int flags) { return ioctl(file, FS_IOC_SETFLAGS, &flags); }

int clinux_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int count = CPU_COUNT(&set);
  return count > 0 ? count : 1;
}

int clinux_terminal_columns(int file) {
  struct winsize size;
  return ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int clinux_send_datagram(const char *path, const void *bytes, size_t count) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length == 0 || length >= sizeof address.sun_path) {
    errno = EINVAL;
    return -1;
  }
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = 0;
  int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return -1;
  ssize_t sent = sendto(file, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address,
                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
  int error = errno;
  close(file);
  errno = error;
  return sent == (ssize_t)count ? 0 : -1;
}

int clinux_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

static int signal_pipe = -1;

static void note_signal(int number) {
  int error = errno;
  unsigned char byte = (unsigned char)number;
  // A full pipe already holds more signals than anybody sends on purpose.
  if (write(signal_pipe, &byte, 1) < 0) errno = error;
  errno = error;
}

int clinux_catch_stop_signals(void) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  if (fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0) return -1;
  signal_pipe = ends[1];
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGINT, &action, NULL) < 0 || sigaction(SIGTERM, &action, NULL) < 0) return -1;
  return ends[0];
}

int clinux_set_direct(int file, int on) {
  int flags = fcntl(file, F_GETFL);
  if (flags < 0) return -1;
  return fcntl(file, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT);
}

int clinux_zero_range(int file, int64_t offset, int64_t length) {
  if (fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length) == 0) return 0;
  return fallocate(file, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, length);
}
