"""Real volume groups with a thin pool, on loop devices or on disks that are given, and their removal whatever happened.

A pool's name is its own, all of it is removed at the end from what the kernel says, not from what was remembered, and
nothing of another group is ever touched. Runs as root where the kernel has dm-thin: in the guest (scripts/guest) or directly.
"""
import errno
import fcntl
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest
import uuid

KIB, MIB = 1 << 10, 1 << 20
BLKDISCARD = 0x1277
# The size of struct dm_ioctl, and the request that hands a message to a target.
DM_IOCTL, DM_TARGET_MSG = 312, 0xC138FD0E


class ToolFailure(Exception):
    """A tool ended with a status that wasn't expected; its last words are in the text."""


def tool(*words, codes=(0,), text=None):
    """Runs a tool and returns its standard output."""
    command = [str(word) for word in words]
    result = subprocess.run(command, input=text, stdin=None if text is not None else subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=300, check=False)
    if result.returncode not in codes:
        raise ToolFailure(f"{' '.join(command)}: status {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


def reason_to_skip():
    """Why there can't be a thin pool here, or None."""
    if os.geteuid() != 0:
        return "only root can make a thin pool"
    missing = [name for name in ("dmsetup", "lvcreate", "thin_check", "losetup") if not shutil.which(name)]
    if missing:
        return f"there is no {' and no '.join(missing)} (scripts/install-packages guest)"
    targets = subprocess.run(["dmsetup", "targets"], capture_output=True, text=True, check=False)
    if "thin-pool" not in targets.stdout:
        subprocess.run(["modprobe", "dm_thin_pool"], capture_output=True, check=False)
        targets = subprocess.run(["dmsetup", "targets"], capture_output=True, text=True, check=False)
    return None if "thin-pool" in targets.stdout else "this kernel has no thin provisioning"


def configure_lvm():
    """Has LVM make its own device nodes where no udev does; leaves a directory that was set by others alone."""
    if os.path.exists("/run/udev/control") or "LVM_SYSTEM_DIR" in os.environ:
        return
    directory = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-lvm-"))
    (directory / "lvm.conf").write_text(
        'devices { use_devicesfile = 0 scan = [ "/dev" ] }\n'
        "activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }\nbackup { archive = 0 }\n")
    os.environ |= {"LVM_SYSTEM_DIR": str(directory), "LVM_SUPPRESS_FD_WARNINGS": "1", "DM_DISABLE_UDEV": "1"}


def mapper_name(*parts):
    """The name under /dev/mapper: hyphens doubled, the parts joined by one."""
    return "-".join(part.replace("-", "--") for part in parts)


def need_pools():
    """What a suite does first: it is left out where there can be no pool."""
    reason = reason_to_skip()
    if reason:
        raise unittest.SkipTest(reason)
    configure_lvm()


def mapped():
    """All device-mapper names of this machine with their kernel numbers."""
    names = {}
    for directory in pathlib.Path("/sys/block").glob("dm-*"):
        try:
            names[(directory / "dm/name").read_text().strip()] = directory.name
        except OSError as error:
            # A mapping of another pool that is removed meanwhile: its files are gone, or answer that there is no such device.
            if error.errno not in (errno.ENOENT, errno.ENODEV, errno.EINVAL):
                raise
    return names


def report(*words):
    """Rows of an LVM report command, sizes in bytes."""
    document = json.loads(tool(*words, "--reportformat", "json", "--units", "b", "--nosuffix"))
    return next(iter(document["report"][0].values()))


class Volume:
    """A logical volume, by name; whether it exists is the kernel's and LVM's business."""

    def __init__(self, pool, name):
        self.pool = pool
        self.name = name

    def __str__(self):
        return f"{self.pool.group}/{self.name}"

    @property
    def path(self):
        return f"/dev/mapper/{mapper_name(self.pool.group, self.name)}"

    def fields(self, *names):
        """Fields of `lvs`, as text."""
        return report("lvs", "-a", "-o", ",".join(names), str(self))[0]

    def size(self):
        with open(self.path, "rb") as device:
            return device.seek(0, os.SEEK_END)

    def write(self, offset, content):
        with open(self.path, "r+b", buffering=0) as device:
            view = memoryview(content)
            while view:
                written = os.pwrite(device.fileno(), view, offset)
                view, offset = view[written:], offset + written
            os.fsync(device.fileno())

    def discard(self, offset, length):
        """Tells the pool that a range isn't needed; it frees the whole chunks in it."""
        with open(self.path, "r+b", buffering=0) as device:
            fcntl.ioctl(device, BLKDISCARD, struct.pack("QQ", offset, length))

    def read(self):
        """All bytes, past the page cache's copy of another time."""
        with open(self.path, "rb", buffering=0) as device:
            os.posix_fadvise(device.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            parts = iter(lambda: device.read(MIB), b"")
            return b"".join(parts)

    def bytes_read(self):
        """How many bytes were read from the device since it was activated, counted by the kernel."""
        return statistics(self.path)["bytes_read"]

    def activate(self):
        """Makes the device of a snapshot, which isn't there by itself."""
        tool("lvchange", "-q", "-K", "-ay", str(self))

    def deactivate(self):
        tool("lvchange", "-q", "-an", str(self))

    def snapshot(self, name, *more):
        tool("lvcreate", "-q", "-s", "-n", name, *more, str(self))
        return Volume(self.pool, name)

    def remove(self):
        tool("lvremove", "-q", "-f", str(self))

    def rename(self, name):
        tool("lvrename", "-q", self.pool.group, self.name, name)
        return Volume(self.pool, name)

    def resize(self, size):
        tool("lvresize", "-q", "-f", "-y", "-L", f"{size}b", str(self))


def statistics(device):
    """Fields of a block device's statistics (Documentation/block/stat.rst); sectors there are of 512 bytes."""
    number = os.stat(device).st_rdev
    fields = pathlib.Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat").read_text().split()
    return {"reads": int(fields[0]), "bytes_read": 512 * int(fields[2]),
            "writes": int(fields[4]), "bytes_written": 512 * int(fields[6])}


class ThinPool:
    """A volume group with one thin pool named `pool`; used as a context, at whose end nothing of it is left."""

    def __init__(self, size=128 * MIB, metadata=2 * MIB, chunk=64 * KIB, extent=64 * KIB, devices=None, group=None,
                 discards="passdown", zero=True):
        configure_lvm()
        self.size, self.metadata, self.chunk, self.extent = size, metadata, chunk, extent
        self.discards, self.zero = discards, zero
        self.group = group or f"bctl-{uuid.uuid4().hex[:8]}"
        self.given_devices = devices
        self.devices = list(devices or [])
        self.files = []

    def __enter__(self):
        try:
            self.create()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    def create(self):
        if not self.devices:
            # LVM keeps a spare of the metadata's size beside it.
            self.add_loop(self.size + 2 * self.metadata + 4 * MIB)
        tool("vgcreate", "-q", "-s", f"{self.extent}b", self.group, *self.devices)
        tool("lvcreate", "-q", "--type", "thin-pool", "-n", "pool", "-L", f"{self.size}b", "-c", f"{self.chunk}b",
             "--poolmetadatasize", f"{self.metadata}b", "--discards", self.discards, "-Z", "y" if self.zero else "n", self.group)

    def add_loop(self, size):
        handle, name = tempfile.mkstemp(prefix=f"{self.group}-")
        os.ftruncate(handle, size)
        os.close(handle)
        self.files.append(name)
        self.devices.append(tool("losetup", "-f", "--show", name).strip())

    def volume(self, name, size):
        """A new thin volume."""
        tool("lvcreate", "-q", "-V", f"{size}b", "--thinpool", "pool", "-n", name, self.group)
        return Volume(self, name)

    def merge(self, snapshot):
        """Rolls the origin of a snapshot back to it; both must be inactive, and the snapshot is gone then."""
        tool("lvconvert", "-q", "--merge", str(snapshot))

    def names(self):
        """The thin volumes and snapshots, by LVM."""
        return {row["lv_name"] for row in report("lvs", "-o", "lv_name", self.group)} - {"pool"}

    @property
    def target(self):
        """The pool's own device: messages go there, and it says how the pool is."""
        return mapper_name(self.group, "pool") + "-tpool"

    @property
    def metadata_path(self):
        return f"/dev/mapper/{mapper_name(self.group, 'pool_tmeta')}"

    def message(self, text):
        """What `dmsetup message` does, without a process: hundreds are sent to fill the metadata."""
        body = struct.pack("Q", 0) + text.encode() + b"\0"
        # struct dm_ioctl of <linux/dm-ioctl.h>: version, size of all, where the message begins, name of the device.
        head = struct.pack("=3I7IQ128s129s7x", 4, 0, 0, DM_IOCTL + len(body), DM_IOCTL, 0, 0, 0, 0, 0, 0,
                           self.target.encode(), b"")
        with open("/dev/mapper/control", "r+b", buffering=0) as control:
            fcntl.ioctl(control, DM_TARGET_MSG, bytearray(head + body))

    def status(self):
        """How the pool is, by the kernel (Documentation/admin-guide/device-mapper/thin-provisioning.rst)."""
        words = tool("dmsetup", "status", self.target).split()[3:]
        if words[0] in ("Fail", "Error"):
            return {"mode": words[0], "hold": None, "needs_check": False}
        shares = [[int(number) for number in word.split("/")] for word in words[1:3]]
        return {"transaction": int(words[0]), "metadata": shares[0][0] / shares[0][1], "data": shares[1][0] / shares[1][1],
                "hold": None if words[3] == "-" else int(words[3]), "mode": words[4], "needs_check": "needs_check" in words}

    def remove(self):
        """Removes everything that belongs to the group, from the top down; calling it again does nothing."""
        self.unstack()
        subprocess.run(["vgremove", "-q", "-ff", "-y", self.group], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        # A pool that can't be written any more can't be removed by LVM either.
        self.unstack(everything=True)
        for device in self.devices if not self.given_devices else []:
            tool("losetup", "-d", device)
        for name in self.files:
            os.unlink(name)
        self.devices, self.files = list(self.given_devices or []), []

    def unstack(self, everything=False):
        """Unmounts and unmaps what stands on the group's volumes, and with `everything` the volumes too."""
        def own():
            return {number: name for name, number in mapped().items() if name.startswith(mapper_name(self.group) + "-")}

        for number in own():
            remove_holders(number, but=own())
            unmount(number)
        # One layer a time: volumes, pool, its data and metadata.
        for _ in range(8 if everything else 0):
            for number, name in own().items():
                if not list(pathlib.Path(f"/sys/block/{number}/holders").iterdir()):
                    tool("dmsetup", "remove", "--retry", "--force", name, codes=(0, 1))


def remove_holders(number, but):
    """Removes the mappings that stand on a device, those on them first; those in `but` stay."""
    for holder in list(pathlib.Path(f"/sys/block/{number}/holders").iterdir()):
        if holder.name in but:
            continue
        remove_holders(holder.name, but)
        unmount(holder.name)
        name = pathlib.Path(f"/sys/block/{holder.name}/dm/name").read_text().strip()
        tool("dmsetup", "remove", "--retry", "--force", name, codes=(0, 1))


def unmount(number):
    """Unmounts a device everywhere."""
    device = pathlib.Path(f"/sys/block/{number}/dev").read_text().strip()
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        if line.split()[2] == device:
            tool("umount", line.split()[4].encode().decode("unicode_escape"), codes=(0, 32))
