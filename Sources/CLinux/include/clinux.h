// What Swift can't call: variadic functions, calls that glibc doesn't wrap, macros, and structures whose
// layout the importer hides behind feature macros. Every function returns what the system call returns (-1 and
// errno on failure) and does nothing else.
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/xattr.h>

// The fields of struct stat, by value and with fixed widths.
struct clinux_stat {
  uint64_t device, inode, links, size, blocks;
  uint32_t mode, uid, gid, rdev_major, rdev_minor;
  int64_t mtime, ctime;
  uint32_t mtime_nsec, ctime_nsec;
};

int clinux_openat(int directory, const char *path, int flags, mode_t mode);
// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS.
int clinux_openat_beneath(int directory, const char *path, int flags, mode_t mode);
int clinux_fstatat(int directory, const char *path, int flags, struct clinux_stat *out);
ssize_t clinux_getdents(int directory, void *buffer, size_t size);
// 1: the first byte of the file is in the page cache (or can't be asked); 0: it isn't.
int clinux_is_cached(int file);
int clinux_drop_cache(int file);
// The same for the byte at an offset, and for a range.
int clinux_is_cached_at(int file, int64_t offset);
int clinux_drop_cache_range(int file, int64_t offset, int64_t length);
// Starts reading a range into the page cache without waiting.
int clinux_prefetch(int file, int64_t offset, int64_t length);
int clinux_start_writeback(int file, int64_t offset, int64_t length);
int clinux_flock(int file, int exclusive);
int clinux_unlock(int file);
uint64_t clinux_makedev(uint32_t major, uint32_t minor);
int clinux_mknodat(int directory, const char *name, mode_t mode, uint64_t device);
// renameat2(2) with RENAME_EXCHANGE, or with RENAME_NOREPLACE.
int clinux_exchange(int directory, const char *name, int other_directory, const char *other_name);
int clinux_rename_new(int directory, const char *name, int other_directory, const char *new_name);
// CLOCK_REALTIME_COARSE: the clock that stamps inodes.
void clinux_coarse_time(int64_t *seconds, uint32_t *nanoseconds);
int clinux_set_utf8_ctype(void);
// Available and total bytes of the file system that holds an open file.
int clinux_space(int file, uint64_t *available, uint64_t *total);
int clinux_syncfs(int file);
// Switches O_DIRECT of an open file on or off (fcntl(2), F_SETFL).
int clinux_set_direct(int file, int on);
// Makes a range read as zeros (fallocate(2): FALLOC_FL_PUNCH_HOLE or FALLOC_FL_ZERO_RANGE, size kept).
int clinux_zero_range(int file, int64_t offset, int64_t length);
// The flags of an inode (FS_IOC_GETFLAGS and FS_IOC_SETFLAGS, ioctl_iflags(2)).
int clinux_inode_flags(int file, int *flags);
int clinux_set_inode_flags(int file, int flags);
// Processors that this process may run on (sched_getaffinity), at least 1.
int clinux_processors(void);
// Characters in a line of a terminal (TIOCGWINSZ); 0 if it isn't one.
int clinux_terminal_columns(int file);
// Installs handlers for SIGINT and SIGTERM that write the signal's number as a byte into a pipe (a handler may call
// little else), and returns the pipe's reading end. Once in a process.
int clinux_catch_stop_signals(void);
// pipe2(2) with O_CLOEXEC.
int clinux_pipe(int *ends);
// Sends one datagram to a Unix socket; a path that begins with @ is an abstract name. EINVAL if the path is too long.
int clinux_send_datagram(const char *path, const void *bytes, size_t count);

// Values of macros that are hidden without _GNU_SOURCE.
extern const int clinux_O_PATH, clinux_O_NOATIME, clinux_O_TMPFILE, clinux_SEEK_DATA, clinux_SEEK_HOLE;
extern const int clinux_AT_EMPTY_PATH;
extern const int clinux_FS_IMMUTABLE_FL, clinux_FS_APPEND_FL;

#endif
