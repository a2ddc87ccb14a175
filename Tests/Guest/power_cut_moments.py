"""What test_power_cut.py has the machine do in each of its lives: make, archive (while the power is cut), look.

The pool is on the first disk, the repository and the state on a file system on the second.
"""
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Volumes"))
import contents  # noqa: E402
from backupctl import DEGRADED, OK, Backupctl, is_ours  # noqa: E402
from pools import MIB, ThinPool, Volume, mapped, report, tool  # noqa: E402

DISK = pathlib.Path("/run/power-cut")


def begin(is_new):
    """The pool and the repository as they are on the disks."""
    pool = ThinPool(size=192 * MIB, metadata=4 * MIB, devices=["/dev/vda"], group="powercut")
    DISK.mkdir()
    if is_new:
        pool.create()
        tool("mkfs.ext4", "-q", "/dev/vdb")
    tool("mount", "/dev/vdb", DISK)
    if not is_new:
        tool("vgchange", "-q", "-ay", pool.group)
    return pool


def make(chance):
    pool = begin(is_new=True)
    volume = pool.volume("v", 32 * MIB)
    contents.write_some(chance, volume, times=10)
    backupctl = Backupctl(DISK)
    for _ in range(2):
        begun = time.monotonic()
        backupctl.call(*Backupctl.archive(volume), codes=(OK, DEGRADED))
        contents.write_some(chance, volume, times=10)
    print("an archive takes", time.monotonic() - begun)


def archive(chance):
    pool = begin(is_new=False)
    volume = Volume(pool, "v")
    contents.write_some(chance, volume, times=10)
    os.sync()
    print("archiving", flush=True)
    Backupctl(DISK, is_new=False).call(*Backupctl.archive(volume), codes=(OK, DEGRADED))


def look(_):
    pool = begin(is_new=False)
    volume, backupctl = Volume(pool, "v"), Backupctl(DISK, is_new=False)
    backupctl.call("check", "-q")
    before = set(mapped())
    held = pool.status()["hold"]
    backupctl.call(*Backupctl.archive(volume), codes=(OK, DEGRADED))
    image = pathlib.Path("/tmp/image")
    backupctl.restore(volume, image)
    assert image.read_bytes() == volume.read(), "the restored image differs from the volume"
    backupctl.call("check", "-q")
    left = set(mapped()) - before
    assert not left, f"mappings are left: {left}"
    assert pool.status()["hold"] is None, f"the metadata are held, before: {held}"
    assert backupctl.leases() == [], backupctl.leases()
    ours = {f"{pool.group}/{row['lv_name']}" for row in report("lvs", "-o", "lv_name,lv_tags", pool.group) if is_ours(row["lv_tags"])}
    assert ours <= backupctl.snapshots(), f"nothing knows {ours - backupctl.snapshots()}"


if __name__ == "__main__":
    {"make": make, "archive": archive, "look": look}[sys.argv[1]](random.Random(f"{sys.argv[2]} {time.time_ns()}"))
