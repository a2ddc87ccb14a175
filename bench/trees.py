"""Directory trees as the benchmark needs them: walk, measure, warm, compare, remove."""

import os
import shutil
import stat
import sys
from collections import Counter

BLOCK = 1 << 20


def entries(top):
    """Yields (path relative to top, lstat) of everything under top, directories before their contents."""
    pending = [""]
    while pending:
        directory = pending.pop()
        with os.scandir(os.path.join(top, directory)) as listing:
            for entry in sorted(listing, key=lambda entry: entry.name):
                path = os.path.join(directory, entry.name)
                status = entry.stat(follow_symlinks=False)
                yield path, status
                if stat.S_ISDIR(status.st_mode):
                    pending.append(path)


def files(top):
    """Yields (relative path, lstat) of the regular files under top."""
    return (item for item in entries(top) if stat.S_ISREG(item[1].st_mode))


def stored(top):
    """Returns what a tree takes: bytes on disk, bytes by length, number of files; each inode counts once."""
    inodes, disk, length, count = set(), 0, 0, 0
    for _, status in entries(top) if os.path.isdir(top) else ():
        if status.st_ino in inodes:
            continue
        inodes.add(status.st_ino)
        disk += status.st_blocks * 512
        if stat.S_ISREG(status.st_mode):
            length += status.st_size
            count += 1
    return {"disk": disk, "length": length, "files": count}


def warm(top):
    """Reads every file once, so that the page cache holds what the next command will read."""
    inodes, scratch = set(), bytearray(BLOCK)
    for path, status in files(top):
        if status.st_ino in inodes:
            continue
        inodes.add(status.st_ino)
        with open(os.path.join(top, path), "rb", buffering=0) as source:
            while source.readinto(scratch):
                pass


def remove(top):
    """Removes a tree whole, directories without write permission included."""

    def retry(function, path, _):
        os.chmod(os.path.dirname(path), 0o700)
        if os.path.isdir(path) and not os.path.islink(path):
            os.chmod(path, 0o700)
            shutil.rmtree(path)
        else:
            os.unlink(path)

    if os.path.lexists(top):
        shutil.rmtree(top, onerror=retry)


def forget_removed_inodes():
    """Makes creating files after a large removal as fast as on a fresh file system.

    ext4 gives the inode of a removed file to no new file for some minutes. As long as the inode tables are in
    the buffer cache, each creation steps over all of those, which slows whichever tool restores next.
    """
    os.sync()
    try:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as switch:
            switch.write("1\n")
    except OSError as error:
        print(f"bench: cannot drop the page cache ({error.strerror}): restores may be slower", file=sys.stderr)


def small_file(top):
    """Picks the file for the single-file restore: amid the name order, of those up to 64 KiB, else the smallest."""
    candidates = sorted((path, status.st_size) for path, status in files(top) if status.st_size)
    small = [path for path, size in candidates if size <= 1 << 16]
    return small[len(small) // 2] if small else min(candidates, key=lambda item: item[1])[0]


def same_content(one, other):
    """Tells whether two files hold the same bytes."""
    with open(one, "rb", buffering=0) as left, open(other, "rb", buffering=0) as right:
        while True:
            expected, found = left.read(BLOCK), right.read(BLOCK)
            if expected != found:
                return False
            if not expected:
                return True


def differences(source, restored):
    """Counts how a restored tree differs from its source, by kind: {} if they are the same.

    Compared are presence, type, owner, mode, times to the nanosecond (of directories and symlinks too), link
    targets, contents, and which names are hard links of one another.
    """
    found, twins = Counter(), {}
    right = dict(entries(restored))
    for path, expected in entries(source):
        actual = right.pop(path, None)
        if actual is None:
            found["missing"] += 1
        elif stat.S_IFMT(expected.st_mode) != stat.S_IFMT(actual.st_mode):
            found["type"] += 1
        else:
            found.update(_entry_differences(os.path.join(source, path), os.path.join(restored, path),
                                            expected, actual))
            if stat.S_ISREG(expected.st_mode) and expected.st_nlink > 1:
                found["hard link"] += twins.setdefault(expected.st_ino, actual.st_ino) != actual.st_ino
    found["extra"] += len(right)
    return {kind: count for kind, count in found.items() if count}


def _entry_differences(source, restored, expected, actual):
    if (expected.st_uid, expected.st_gid) != (actual.st_uid, actual.st_gid):
        yield "owner"
    link, directory = stat.S_ISLNK(expected.st_mode), stat.S_ISDIR(expected.st_mode)
    if not link and stat.S_IMODE(expected.st_mode) != stat.S_IMODE(actual.st_mode):
        yield "mode"
    if expected.st_mtime_ns != actual.st_mtime_ns:
        seconds = expected.st_mtime_ns // 10**9 == actual.st_mtime_ns // 10**9
        kind = "link time" if link else "directory time" if directory else "time"
        yield kind + " below a second" if seconds else kind
    if link and os.readlink(source) != os.readlink(restored):
        yield "link target"
    if stat.S_ISREG(expected.st_mode) and not (
            expected.st_size == actual.st_size and same_content(source, restored)):
        yield "content"
