#!/usr/bin/env python3
"""Drills of images into a new thin volume of a real pool: what passes, what is found, what is refused, and what a killed drill leaves.

  scripts/guest -m 3072 -- env BACKUPCTL=$PWD/.build/debug/backupctl python3 Tests/Volumes/test_image_drills.py
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from backupctl import DEGRADED, OK, Backupctl  # noqa: E402
from pools import KIB, MIB, ThinPool, mapped, need_pools, report, statistics, tool  # noqa: E402

DAMAGED, SNAPSHOT_FAILED = 20, 30

setUpModule = need_pools


class Scene(unittest.TestCase):
    """A pool with a volume that holds a database, another one that nobody may touch, and a place for short-lived files."""

    def setUp(self):
        # A short path: a socket's may have 107 bytes.
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="bctl-i-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.scratch = self.work / "scratch"
        self.scratch.mkdir()
        self.pool = ThinPool(size=self.pool_size, metadata=4 * MIB)
        self.addCleanup(self.pool.remove)
        self.pool.create()
        self.volume = self.pool.volume("vm-1-pvc-a", self.volume_size)
        self.foreign = self.pool.volume("foreign", 4 * MIB)
        self.foreign.write(0, b"somebody's" * 1000)
        self.backupctl = Backupctl(self.work)
        self.source = f"volume/{self.volume}"

    pool_size, volume_size = 128 * MIB, 16 * MIB

    @contextlib.contextmanager
    def mounted(self, *options):
        with tempfile.TemporaryDirectory() as directory:
            tool("mount", *options, self.volume.path, directory)
            try:
                yield pathlib.Path(directory)
            finally:
                tool("umount", directory)

    @contextlib.contextmanager
    def database_in_use(self):
        """A mounted database whose last rows are in its log only, as those of an application at work."""
        with self.mounted() as directory:
            connection = sqlite3.connect(directory / "app.db")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE person (name TEXT)")
            connection.executemany("INSERT INTO person VALUES (?)", ((f"name {n}",) for n in range(2000)))
            connection.commit()
            try:
                yield directory
            finally:
                connection.close()

    def archive(self):
        self.backupctl.call(*Backupctl.archive(self.volume), codes=(OK, DEGRADED))
        return self.backupctl.points(self.volume)[-1]

    def words(self, *more):
        return ["drill", self.source, "--scratch", str(self.scratch), "--scratch-pool", f"{self.pool.group}/pool", *more]

    def drill(self, *more, codes=(OK,)):
        """Drills, and looks whether everything is as it was before."""
        before, untouched = self.state(), self.untouched()
        result = self.backupctl.call(*self.words(*more), codes=codes)
        self.assertEqual(self.state(), before)
        self.assertEqual(self.untouched(), untouched)
        return result

    def state(self):
        """Everything that a drill makes for a time."""
        mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        return {"volumes": sorted(self.pool.names()), "mapped": sorted(mapped()), "leases": self.backupctl.leases(),
                "scratch": sorted(self.scratch.iterdir()), "mounts": [line.split()[4] for line in mounts]}

    def untouched(self):
        """What a drill may neither read, write, tag nor rename."""
        rows = report("lvs", "-o", "lv_name,lv_uuid,lv_tags,lv_size,lv_active", self.pool.group)
        return ([tuple(row.values()) for row in rows if row["lv_name"] != "pool"],
                [statistics(volume.path) for volume in (self.volume, self.foreign)])

    def assert_finds(self, point, what, *more):
        result = self.drill(*more, codes=(DAMAGED,))
        lines = [line for line in result.stdout.splitlines() if line.startswith("damage: ")]
        self.assertEqual(len(lines), 1, result.stdout)
        self.assertTrue(lines[0].startswith(f"damage: {self.source}@{point}: volume.img: "), lines[0])
        self.assertIn(what, lines[0])
        return result


class Ext4(Scene):
    def setUp(self):
        super().setUp()
        tool("mkfs.ext4", "-q", self.volume.path)
        with self.database_in_use():
            self.point = self.archive()

    def test_what_is_whole_passes_looked_inside_if_asked_to_and_damage_is_named(self):
        self.assertRegex(self.drill().stdout, rf"{self.source} +{self.point} .*file-system 1 ok +ok\n")
        self.assertIn("file-system 1 ok, sqlite 1 ok, dump none", self.drill("--look-inside").stdout)
        row = json.loads(self.backupctl.call("drills", "--json").stdout)[0]
        self.assertEqual((row["point"], row["result"]), (self.point, "ok"))

        pack = max((self.backupctl.repository / "sources" / self.source / "packs").glob("*.tar.zst"),
                   key=lambda path: path.stat().st_size)
        content = bytearray(pack.read_bytes())
        content[len(content) // 2] ^= 1
        pack.write_bytes(content)
        self.assert_finds(self.point, "does not match its checksum")

    def test_a_file_system_that_was_broken_before_it_was_archived_is_found_and_not_mounted(self):
        table = int(re.search(r"Inode table at (\d+)", tool("dumpe2fs", self.volume.path)).group(1))
        size = int(re.search(r"Block size: +(\d+)", tool("dumpe2fs", "-h", self.volume.path)).group(1))
        self.volume.write(table * size, os.urandom(16 * KIB))
        result = self.assert_finds(self.archive(), "e2fsck: ", "--look-inside")
        self.assertIn("the probe sqlite couldn't look: its file system isn't as it should be", result.stderr)

    def test_a_pool_that_would_be_too_full_refuses_before_anything_is_made(self):
        filler = self.pool.volume("filler", 128 * MIB)
        # So full that not even the small image has room below 90 %.
        room = int((0.899 - self.pool.status()["data"]) * self.pool_size) // (64 * KIB)
        filler.write(0, bytes(room * 64 * KIB))
        result = self.drill(codes=(SNAPSHOT_FAILED,))
        self.assertRegex(result.stderr, rf"error: cannot drill {self.source}@{self.point} in a thin pool: the pool \S+/pool has too "
                         r"little room: its data would be 9\d\.\d\d% full, 90\.00% is the limit")
        self.assertIn("lvextend", result.stderr)
        filler.remove()
        self.drill()

    def test_a_killed_drill_leaves_nothing_after_the_next_one(self):
        before = self.state()
        schedule = self.work / "drill.yaml"
        marker = self.work / "looked"
        probe = ["sh", "-c", f"ls $BACKUPCTL_SCRATCH > {marker}; sleep 300"]
        schedule.write_text(json.dumps({"jobs": {"drill": {
            "kind": "drill", "sources": self.source, "scratch-pool": f"{self.pool.group}/pool", "look-inside": True,
            "probes": ["file-system", {"command": probe}]}}}))
        moments = [(self.words(), lambda: any("backupctl_drill" in name for name in mapped())),
                   (["run", str(schedule), "--scratch", str(self.scratch)], lambda: marker.exists() and marker.read_text())]
        for words, is_time in moments:
            with self.subTest(words=words[0]):
                process = self.backupctl.start(*words)
                deadline = time.monotonic() + 120
                while not is_time():
                    self.assertLess(time.monotonic(), deadline, "it never came so far")
                    self.assertIsNone(process.poll())
                    time.sleep(0.02)
                process.send_signal(signal.SIGKILL)
                process.communicate()
                self.assertTrue(any(name.startswith("backupctl_drill_vm") or "backupctl_drill" in name
                                    for name in self.pool.names()))
                self.backupctl.call(*self.words("--no-probes"))
                self.assertEqual(self.state(), before)
        self.assertIn("app.db", marker.read_text())
        left = subprocess.run(["pgrep", "-f", "sleep 300"], capture_output=True, text=True, check=False)
        self.assertEqual(left.stdout, "")


@unittest.skipUnless(shutil.which("mkfs.xfs", path="/usr/sbin:/sbin"), "there is no mkfs.xfs")
class XFS(Scene):
    # The least that mkfs.xfs makes; next to nothing of it takes room.
    pool_size, volume_size = 192 * MIB, 300 * MIB

    def test_a_log_of_what_was_written_while_it_was_archived_is_replayed(self):
        tool("mkfs.xfs", "-q", self.volume.path)
        with self.database_in_use():
            self.archive()
        log = tool("xfs_logprint", "-t", self.volume.path)
        self.assertIn("<CLEAN>", log)
        self.assertIn("file-system 1 ok, sqlite 1 ok", self.drill("--look-inside").stdout)


if __name__ == "__main__":
    unittest.main()
