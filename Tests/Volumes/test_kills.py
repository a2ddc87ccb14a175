#!/usr/bin/env python3
"""Kills archives, snapshots and runs on a real pool at random moments, and looks at what the next start leaves.

  scripts/guest -m 3072 -- env BACKUPCTL=$PWD/.build/debug/backupctl KILLS=8 SEED=1 python3 Tests/Volumes/test_kills.py
"""
import contextlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import contents  # noqa: E402
import luks  # noqa: E402
from backupctl import DEGRADED, OK, Backupctl, is_base, is_ours  # noqa: E402
from pools import KIB, MIB, ThinPool, mapped, need_pools, report, tool  # noqa: E402

# What a start says of a hold that was made in the instant before its mark could be noted: docs/volumes.md.
RIDDLE = "cannot tell whose metadata snapshot stands"
KILLS = int(os.environ.get("KILLS", "8"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1 << 24))))


setUpModule = need_pools


@contextlib.contextmanager
def told_at_once():
    """A failure is printed when it happens: a long run may be ended by hand before its end."""
    try:
        yield
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        raise


class Kills(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-kills-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        (self.work / "key").write_text(luks.KEY)
        (self.work / "key").chmod(0o600)
        self.chance = random.Random(SEED)
        self.pool = ThinPool(size=192 * MIB, metadata=4 * MIB)
        self.addCleanup(self.pool.remove)
        self.pool.create()
        self.volume = self.pool.volume("plain-1", 16 * MIB)
        contents.write_some(self.chance, self.volume, times=8)
        self.secret = self.make_secret()
        self.make_foreign()
        self.backupctl = Backupctl(self.work)
        files = self.backupctl.run_of("files", {"group": self.pool.group, "match": [self.secret.name], "mode": "files",
                                                "luks": {"key-file": str(self.work / "key")}})
        opened = self.backupctl.run_of("opened", {"group": self.pool.group, "match": [self.secret.name],
                                                  "luks": {"key-file": str(self.work / "key")}})
        # An image by its changed blocks, a snapshot, an image of an opened volume, and files: mounted and opened.
        self.commands = [Backupctl.archive(self.volume), Backupctl.take(self.volume), opened, files]

    def make_secret(self):
        """A file system within LUKS."""
        volume = self.pool.volume("secret", 24 * MIB)
        luks.format_luks(volume.path)
        with luks.opened(volume.path) as path:
            tool("mkfs.ext4", "-q", path)
            with tempfile.TemporaryDirectory() as directory:
                tool("mount", path, directory)
                (pathlib.Path(directory) / "file").write_bytes(self.chance.randbytes(200 * KIB))
                tool("umount", directory)
        return volume

    def make_foreign(self):
        """What isn't ours, some of it by names and tags that look like it."""
        foreign = self.pool.volume("foreign", 4 * MIB)
        foreign.snapshot("plain-1_snap_20260101_0000")
        foreign.snapshot("foreign_snap", "--addtag", "backup", "--addtag", "backupctl_not")
        self.volume.snapshot("plain-1-of-others")

    def test_the_next_start_leaves_nothing_behind_and_touches_nothing_of_others(self):
        durations = [self.duration(words) for words in self.commands]
        foreign, names, mounts = self.foreign(), set(mapped()), mount_points()
        killed = riddles = 0
        for number in range(KILLS):
            which = number % len(self.commands)
            delay = self.chance.uniform(0, durations[which])
            is_held = self.chance.random() < 0.25
            with self.subTest(seed=SEED, number=number, command=self.commands[which][0], delay=delay, hold=is_held), told_at_once(), \
                    contextlib.ExitStack() as ended:
                contents.write_some(self.chance, self.volume)
                if is_held:
                    self.pool.message("reserve_metadata_snap")
                    ended.callback(self.pool.message, "release_metadata_snap")
                held = self.pool.status()["hold"]
                killed += self.kill_after(delay, self.commands[which], with_children=self.chance.random() < 0.5)
                # Any start that may change something clears up what is left of runs that died.
                next_start = self.backupctl.call(*Backupctl.archive(self.volume), codes=(OK, DEGRADED))
                if RIDDLE in next_start.stderr and not is_held:
                    # As the message says; after that nothing may be left either.
                    riddles += 1
                    self.pool.message("release_metadata_snap")
                    self.backupctl.call(*Backupctl.archive(self.volume), codes=(OK, DEGRADED))
                self.assertEqual(set(mapped()) - names, set())
                self.assertEqual(mount_points(), mounts)
                self.assertEqual(self.backupctl.leases(), [])
                self.assertEqual(self.foreign(), foreign)
                self.assertEqual(self.pool.status()["hold"] is not None, is_held, f"hold before: {held}")
                self.assert_only_known_snapshots()
            if number and number % 10 == 0:
                print(f"kill {number} of {KILLS}", file=sys.stderr, flush=True)
        image = self.work / "image"
        self.backupctl.restore(self.volume, image)
        self.assertTrue(image.read_bytes() == self.volume.read())
        self.backupctl.call("check", "-q")
        # The instant is some hundredths of what an archive takes.
        self.assertLessEqual(riddles, 1 + KILLS // 20)
        print(f"seed {SEED}: {killed} of {KILLS} were killed before their end, {riddles} between a hold and its mark; whole they take "
              + ", ".join(f"{duration:.1f} s" for duration in durations), file=sys.stderr)
        self.assertGreater(killed, KILLS // 3)

    def duration(self, words):
        """How long it takes when there is a point already; kills are spread over that."""
        for _ in range(2):
            begun = time.monotonic()
            self.backupctl.call(*words, codes=(OK, DEGRADED))
            contents.write_some(self.chance, self.volume)
        return time.monotonic() - begun

    def kill_after(self, seconds, words, with_children):
        """Whether it was still at work. What it had started ends before this returns, killed too or by itself."""
        process = self.backupctl.start(*words)
        try:
            process.communicate(timeout=seconds)
            return False
        except subprocess.TimeoutExpired:
            if with_children:
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.communicate()
        deadline = time.monotonic() + 120
        while subprocess.run(["pgrep", "-s", str(process.pid)], stdout=subprocess.DEVNULL, check=False).returncode == 0:
            self.assertLess(time.monotonic(), deadline, "a child outlives it")
            time.sleep(0.05)
        return True

    def volumes(self):
        return report("lvs", "-o", "lv_name,lv_uuid,lv_tags,lv_size,origin,lv_time", self.pool.group)

    def foreign(self):
        """Everything that doesn't bear our tag, with all by which a change would show."""
        return sorted(tuple(row.values()) for row in self.volumes() if not is_ours(row["lv_tags"]))

    def assert_only_known_snapshots(self):
        """Each snapshot of ours is a base, of which a volume has one, or one that was asked for and is listed."""
        ours = [row for row in self.volumes() if is_ours(row["lv_tags"])]
        listed = self.backupctl.snapshots()
        self.assertEqual({f"{self.pool.group}/{row['lv_name']}" for row in ours} - listed, set())
        for volume in (self.volume, self.secret):
            bases = [row["lv_name"] for row in ours
                     if is_base(row["lv_tags"]) and f"backupctl.origin={volume.name}" in row["lv_tags"].split(",")]
            self.assertLessEqual(len(bases), 2, bases)
        others = [row["lv_name"] for row in ours if not is_base(row["lv_tags"])]
        # What an archive of files made for itself, and the killed one before it.
        made_for_files = [name for name in others if name.startswith(self.secret.name)]
        self.assertLessEqual(len(made_for_files), 2, made_for_files)
        made_by_take = [name for name in others if name not in made_for_files]
        # Two undisturbed ones, and one for each time that `snapshots take` was begun.
        self.assertLessEqual(len(made_by_take), 2 + (KILLS + len(self.commands) - 1) // len(self.commands), made_by_take)


def mount_points():
    return sorted(line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines())


if __name__ == "__main__":
    unittest.main()
