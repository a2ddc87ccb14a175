"""What test_power_cut.py has the machine do in each of its lives: make, archive (while the power is cut), look; the same of a
restore in place of a volume and a tree.

The pool is on the first disk, the repository, the state and the tree on a file system on the second.
"""
import json
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
TREE = DISK / "tree"
# What the volume and the tree held when they were archived, and what became of it.
GOOD, SPOILED = DISK / "good", DISK / "spoiled"


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


def tree_content():
    return {str(path.relative_to(TREE)): path.read_bytes() for path in TREE.rglob("*") if path.is_file()}


def remember(place, volume):
    """Keeps what the volume and the tree hold."""
    place.mkdir()
    (place / "volume").write_bytes(volume.read())
    (place / "tree").write_text(json.dumps({name: content.hex() for name, content in tree_content().items()}))


def remembered(place):
    tree = json.loads((place / "tree").read_text())
    return (place / "volume").read_bytes(), {name: bytes.fromhex(content) for name, content in tree.items()}


def write_files(chance, count):
    for _ in range(count):
        path = TREE / f"{chance.randrange(8)}" / f"{chance.randrange(40)}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randrange(6000)))


def make_restorable(chance):
    pool = begin(is_new=True)
    volume = pool.volume("v", 16 * MIB)
    contents.write_some(chance, volume, times=10)
    write_files(chance, 150)
    backupctl = Backupctl(DISK)
    backupctl.call(*Backupctl.archive(volume), codes=(OK, DEGRADED))
    backupctl.call("archive", str(TREE), "--as", "tree")
    remember(GOOD, volume)
    contents.write_some(chance, volume, times=10)
    for path in list(TREE.rglob("*"))[:30]:
        if path.is_file():
            path.unlink()
    write_files(chance, 60)
    remember(SPOILED, volume)
    begun = time.monotonic()
    restore_both(backupctl, volume)
    took = time.monotonic() - begun
    assert (volume.read(), tree_content()) == remembered(GOOD), "the restore gave something else"
    take_back(backupctl, pool)
    print("both restores take", took)


def restore_both(backupctl, volume):
    for name in (f"volume/{volume}", "tree/tree"):
        backupctl.call("restore", name, "--in-place", "--yes")


def restore(_):
    pool = begin(is_new=False)
    print("restoring", flush=True)
    restore_both(Backupctl(DISK, is_new=False), Volume(pool, "v"))


def look_restored(chance):
    """What the power interrupted is ended forward or back, and everything is as it was before, for the next cut."""
    pool = begin(is_new=False)
    backupctl, volume = Backupctl(DISK, is_new=False), Volume(pool, "v")
    good, spoiled = remembered(GOOD), remembered(SPOILED)
    # Whatever was under way, the live names lead to something that can be used.
    assert volume.fields("lv_name") and TREE.is_dir()
    unfinished = [row for row in records(backupctl) if row["state"] == "unfinished"]
    assert len(unfinished) <= 1, unfinished
    said = "no restore was under way"
    for row in unfinished:
        way = chance.choice(["--resume", "--undo"])
        source = row["parts"][0]["source"]
        said = f"{source}, {way}"
        backupctl.call("restore", way, row["restore"], "--yes")
        wanted = good if way == "--resume" else spoiled
        if source.startswith("volume"):
            assert volume.read() == wanted[0], f"the volume is not what {way} must give"
        else:
            assert tree_content() == wanted[1], f"the tree is not what {way} must give"
    assert volume.read() in (good[0], spoiled[0]), "the volume is neither the old nor the new one"
    assert tree_content() in (good[1], spoiled[1]), "the tree is neither the old nor the new one"
    take_back(backupctl, pool)
    assert (volume.read(), tree_content()) == spoiled, "the undo gave something else"
    assert backupctl.leases() == [], backupctl.leases()
    backupctl.call("check", "-q")
    print(said)


def records(backupctl):
    return json.loads(backupctl.call("restore", "list", "--json", "-v").stdout)


def take_back(backupctl, pool):
    """Everything as it was before, with nothing of any restore left."""
    for row in records(backupctl):
        if row["state"] == "restored":
            backupctl.call("restore", "--undo", row["restore"], "--yes")
        if row["state"] in ("restored", "undone"):
            backupctl.call("restore", "--forget", row["restore"], "--yes")
    left = [name for name in pool.names() if name.startswith("backupctl_")]
    assert not left, f"volumes are left: {left}"
    beside = sorted(path.name for path in DISK.iterdir() if "backupctl" in path.name)
    assert not beside, f"directories are left: {beside}"


MOMENTS = {"make": make, "archive": archive, "look": look,
           "make-restorable": make_restorable, "restore": restore, "look-restored": look_restored}

if __name__ == "__main__":
    MOMENTS[sys.argv[1]](random.Random(f"{sys.argv[2]} {time.time_ns()}"))
