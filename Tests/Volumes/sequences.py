"""Random sequences of everything that happens to volumes between two archives, each told by its seed."""
import random

import contents
import luks
from pools import KIB, MIB, Volume, report, tool

SMALLEST, LARGEST = 6 * MIB, 20 * MIB


class Sequence:
    """One volume and what happens to it. `kind` is plain, closed (LUKS, archived as it is) or opened (LUKS, by its key)."""

    def __init__(self, seed, pool):
        self.seed, self.pool = seed, pool
        self.chance = random.Random(seed)
        self.kind = self.chance.choice(["plain", "plain", "closed", "opened"])
        # A hyphen and a dot: both mean something to device-mapper and to the repository's directories.
        self.name = f"seq-{seed}.v"
        self.told = []
        self.snapshots = []
        self.made = 0
        self.create()

    def __str__(self):
        return f"seed {self.seed}, {self.kind}: {'; '.join(self.told)}"

    def create(self):
        size = self.chance.randrange(SMALLEST, LARGEST, 64 * KIB)
        self.volume = self.pool.volume(self.name, size)
        self.tell("create", size)
        if self.kind != "plain":
            luks.format_luks(self.volume.path)
        for _ in range(3):
            contents.write_some(self.chance, self.body())

    def body(self):
        return self.volume if self.kind == "plain" else luks.Body(self.volume)

    def tell(self, what, *details):
        self.told.append(" ".join([what, *map(str, details)]))

    def content(self):
        """All of the volume as an archive of it must restore it."""
        if self.kind != "opened":
            return self.volume.read()
        with luks.opened(self.volume.path, "--readonly") as path, open(path, "rb") as device:
            return device.read()

    def holes(self):
        """Ranges of an opened volume's content that may be restored as zeros: what was never written reads as zeros from the volume, but
        as noise through the mapping."""
        if self.kind != "opened":
            return
        cipher, chunk = self.volume.read(), self.pool.chunk
        for at in range(luks.HEADER, len(cipher), chunk):
            if not any(cipher[at:at + chunk]):
                yield slice(at - luks.HEADER, min(at + chunk, len(cipher)) - luks.HEADER)

    # What may happen.

    def write(self):
        self.tell("write", contents.write_some(self.chance, self.body()))

    def write_the_same(self):
        contents.rewrite_same(self.chance, self.body())
        self.tell("write the same")

    def discard(self):
        self.tell("discard", contents.discard_some(self.chance, self.body()))

    def discard_and_write(self):
        """Unmapped and mapped again: other chunks of the pool, or the same ones, at the same place."""
        offset, length = contents.some_range(self.chance, self.body().size())
        self.body().discard(offset, length)
        self.body().write(offset, contents.some_content(self.chance, length))
        self.tell("discard and write", offset, length)

    def grow(self):
        size = min(LARGEST + 8 * MIB, self.volume.size() + self.chance.randrange(64 * KIB, 4 * MIB, 64 * KIB))
        if size > self.volume.size():
            self.volume.resize(size)
        self.tell("grow", size)

    def shrink(self):
        size = max(4 * MIB, self.volume.size() - self.chance.randrange(64 * KIB, 4 * MIB, 64 * KIB))
        if size < self.volume.size():
            self.volume.resize(size)
        self.tell("shrink", size)

    def shrink_and_grow(self):
        """The tail is there again, but empty."""
        self.shrink()
        self.grow()

    def snapshot(self):
        self.made += 1
        self.snapshots.append(self.volume.snapshot(f"{self.name}-s{self.made}"))
        self.tell("snapshot", self.made)

    def recreate(self):
        """Another volume of the same name; its thin id may be one that was used before."""
        self.volume.remove()
        self.create()

    def roll_back(self):
        """`lvconvert --merge` of a snapshot of someone else's."""
        snapshot = self.some_snapshot()
        self.volume.deactivate()
        self.pool.merge(snapshot)
        self.volume.activate()
        self.tell("roll back to", snapshot.name)

    def swap(self):
        """The way of runbooks: the volume is renamed aside, the snapshot takes its name."""
        snapshot = self.some_snapshot()
        self.made += 1
        aside = self.volume.rename(f"{self.name}-old{self.made}")
        self.volume = snapshot.rename(self.name)
        self.volume.activate()
        if self.chance.random() < 0.5:
            aside.remove()
        self.tell("swap in", snapshot.name)

    def write_to_base(self):
        """Someone takes the protection off the snapshot at which the next difference begins, and writes to it."""
        for base in self.bases():
            # It is writable already if this happened to it before, and lvchange calls that a failure.
            if base.fields("lv_attr")["lv_attr"][1] != "w":
                tool("lvchange", "-q", "-prw", str(base))
            base.activate()
            base.write(0, self.chance.randbytes(64 * KIB))
            base.deactivate()
            self.tell("write to base", base.name)

    def remove_base(self):
        for base in self.bases():
            base.remove()
            self.tell("remove base", base.name)

    def nothing(self):
        self.tell("nothing")

    EVENTS = ["write", "write_the_same", "discard", "discard_and_write", "grow", "shrink", "shrink_and_grow", "snapshot",
              "recreate", "roll_back", "swap", "write_to_base", "remove_base", "nothing"]
    WEIGHTS = [6, 2, 5, 4, 2, 2, 2, 2, 1, 2, 2, 1, 1, 1]

    def happen(self, last=None):
        """A few events; `last` comes after them."""
        names = self.chance.choices(self.EVENTS, self.WEIGHTS, k=self.chance.randint(1, 3))
        for name in names + ([last] if last else []):
            getattr(self, name)()

    def some_snapshot(self):
        """One of those that are there; if none is, one is taken and the volume goes on from it."""
        if not self.snapshots:
            self.snapshot()
            contents.write_some(self.chance, self.body())
        return self.snapshots.pop(self.chance.randrange(len(self.snapshots)))

    def bases(self):
        rows = report("lvs", "-o", "lv_name", "-S", f'tags="backupctl" && tags="backupctl.origin={self.name}"', self.pool.group)
        return [Volume(self.pool, row["lv_name"]) for row in rows]

    def end(self):
        """Removes the volume and all that was made of it, so that the pool has room for the next."""
        own = sorted(name for name in self.pool.names() if name == self.name or name.startswith((f"{self.name}-", f"{self.name}_")))
        for name in own:
            Volume(self.pool, name).remove()
