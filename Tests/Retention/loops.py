"""File systems on loop devices that may be filled, broken and shut down: nothing else of the machine is touched by it."""
import errno
import fcntl
import os
import pathlib
import shutil
import struct
import subprocess
import time
import unittest

MIB = 1 << 20
# _IOR('X', 125, __u32), the same of ext4 and XFS, and the flag that says: without writing what is in the journal.
SHUTDOWN, WITHOUT_JOURNAL = 0x8004587D, 2


def run(*words, codes=(0,)):
    result = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if codes is not None and result.returncode not in codes:
        raise AssertionError(f"{' '.join(map(str, words))}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def reason_to_skip(kind="ext4"):
    """Why no such file system can be mounted here, or None."""
    if os.geteuid() != 0:
        return "only root can mount a file system"
    if not os.path.exists("/dev/loop-control"):
        return "there are no loop devices"
    if not shutil.which(f"mkfs.{kind}"):
        return f"there is no mkfs.{kind} (scripts/install-packages test)"
    known = [line.split()[-1] for line in pathlib.Path("/proc/filesystems").read_text().splitlines()]
    return None if kind in known else f"this kernel doesn't know {kind}"


class Disk:
    """A file system in a file, mounted at `place`. XFS takes 300 MiB at least."""

    def __init__(self, test, work, kind="ext4", size=256 * MIB):
        reason = reason_to_skip(kind)
        if reason:
            raise unittest.SkipTest(reason)
        self.kind, self.image, self.place = kind, work / f"{kind}.img", work / f"{kind}-disk"
        self.place.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(size)
        run(f"mkfs.{kind}", "-q", *(["-E", "lazy_itable_init=0,lazy_journal_init=0"] if kind == "ext4" else []), self.image)
        test.addCleanup(self.unmount, codes=None)
        try:
            self.mount()
        except AssertionError as error:
            raise unittest.SkipTest(f"no file system can be mounted here: {error}") from error

    def mount(self, *options):
        run("mount", "-o", ",".join(["loop", *(["errors=remount-ro"] if self.kind == "ext4" else []), *options]), self.image, self.place)

    def unmount(self, codes=(0,)):
        # Whoever was killed with a file open lets go of it in a moment; so does a namespace that was made meanwhile.
        for _ in range(100):
            # Whether it is mounted can't be asked for: a file system that was shut down doesn't answer.
            run("umount", self.place, codes=None)
            if not run("losetup", "-j", self.image):
                return
            time.sleep(0.1)
        if codes is not None:
            raise AssertionError(f"{self.place} can't be unmounted: something else has it mounted or open")

    def mend(self):
        """Unmounts, has the file system checked and repaired, mounts it again."""
        self.unmount()
        if self.kind == "ext4":
            # 1 is: errors were corrected.
            run("e2fsck", "-fy", self.image, codes=(0, 1))
        self.mount()

    @property
    def free(self):
        """Bytes that root may still write."""
        status = os.statvfs(self.place)
        return status.f_bfree * status.f_frsize

    def leave(self, count):
        """Takes all but so many bytes, by a file `ballast`."""
        with open(self.place / "ballast", "wb") as file:
            os.posix_fallocate(file.fileno(), 0, self.free - count)

    def fill(self):
        """Takes every block that root can have, by a file `filler`."""
        with open(self.place / "filler", "ab", buffering=0) as file:
            end = file.tell()
            for step in (16 * MIB, MIB, 64 << 10, 4096):
                try:
                    while True:
                        # Not what is only promised: each byte has its block when this returns.
                        os.posix_fallocate(file.fileno(), end, step)
                        end += step
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
            os.fsync(file.fileno())

    # Two ways to lose a disk.

    def find_error(self):
        """Has the kernel meet an error in the file system, which it therefore makes read-only: EROFS from now on."""
        device = run("findmnt", "-no", "SOURCE", self.place).strip().rpartition("/")[2]
        pathlib.Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("1")

    def shut_down(self):
        """Loses the disk: EIO from now on, and what isn't on it isn't written any more, as after a cut of the power."""
        directory = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, SHUTDOWN, struct.pack("I", WITHOUT_JOURNAL))
        finally:
            os.close(directory)
