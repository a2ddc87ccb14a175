#!/usr/bin/env python3
"""A repository on a disk that fills: real file systems on loop devices, as root; left out elsewhere.

  BACKUPCTL=.build/debug/backupctl python3 Tests/Retention/test_full_disk.py
"""
import errno
import os
import pathlib
import random
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from loops import MIB, Disk  # noqa: E402
from sources import DEGRADED, FAILED, OK, Source, content_of  # noqa: E402

# XFS takes 300 MiB at least.
SIZES = {"ext4": 256 * MIB, "xfs": 320 * MIB}


class FullDisk:
    """What every kind of file system must show."""

    kind = None

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-full-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.chance = random.Random(2026)
        self.disk = Disk(self, self.work, self.kind, SIZES[self.kind])
        self.source = Source(self.work, self.disk.place / "repository", pack_size="8MiB")
        self.source.initialize()
        # The rest is filled by what is archived.
        self.disk.leave(100 * MIB)

    def write(self, name, count):
        (self.source.tree / name).write_bytes(self.chance.randbytes(count))

    def fill_by_archiving(self):
        """Archives, each time 12 MiB more and 2 MiB that were changed, until no more fits; how that attempt ended."""
        for number in range(30):
            self.write(f"new-{number}", 12 * MIB)
            self.write("changing", 2 * MIB)
            (self.source.tree / f"new-{number - 2}").unlink(missing_ok=True)
            before = self.source.points()
            result = self.source.run("archive", "wiki", "-q")
            if result.returncode != OK:
                self.assertEqual(self.source.points(), before)
                return result
            [point] = set(self.source.points()) - set(before)
            self.source.contents[point] = content_of(self.source.tree)
        self.fail("the disk never was full")

    def fill_to_the_last_block(self):
        # What the failed attempt left is no help to anybody: room that a prune would find there is taken too.
        for path in self.source.unfinished():
            os.unlink(path)
        self.disk.fill()
        with self.assertRaises(OSError) as caught, open(self.disk.place / "filler", "ab", buffering=0) as file:
            os.posix_fallocate(file.fileno(), file.tell(), 4096)
        self.assertEqual(caught.exception.errno, errno.ENOSPC)

    def forget(self, points):
        self.source.call("forget", *[f"wiki@{point}" for point in points], "--yes", "-q")

    def prune(self, codes=(OK,)):
        return self.source.call("prune", "--grace", "0s", "--yes", "-q", codes=codes)

    def assert_goes_on(self):
        """What is there is whole, the tree that found no room is archived now, and nothing is left over."""
        self.source.assert_whole()
        self.source.archive()
        self.source.assert_whole(self.source.points()[-1:])
        self.assertEqual(self.source.unfinished(), [])

    def test_an_archive_that_finds_no_room_ends_with_1_and_says_so_and_what_was_there_stays_whole(self):
        result = self.fill_by_archiving()
        self.assertEqual((result.returncode, result.stdout), (FAILED, ""))
        self.assertRegex(result.stderr, r"\Awarning: the backup disk has [^\n]+ free, and about 14 MiB will be added [^\n]+\n"
                                        r"error: cannot write sources/tree/wiki/\S+ in the repository: No space left on device\n"
                                        r"cause: \w+: ENOSPC; [^\n]+ of the point were stored; [^\n]+ are free now, and about [^\n]+ more are needed"
                                        r"[^\n]*\n"
                                        r"hint: free space on the disk that holds the repository, then run the same command again; "
                                        r"points listed before are intact\n\Z")
        self.assertGreaterEqual(len(self.source.points()), 4)
        self.source.assert_whole()
        self.forget(self.source.points()[:3])
        self.prune()
        self.assert_goes_on()

    def test_a_prune_frees_room_on_a_disk_without_a_free_block(self):
        self.fill_by_archiving()
        first, kept = self.source.points()[:3], self.source.points()[3:]
        self.forget(first)
        self.fill_to_the_last_block()
        free = self.disk.free
        self.prune()
        # 24 MiB of these points are needed by no other, and lie in packs of their own.
        self.assertGreater(self.disk.free - free, 20 * MIB)
        self.assertEqual(self.source.points(), kept)
        self.assert_goes_on()

    def test_points_are_forgotten_on_a_disk_without_a_free_block(self):
        self.fill_by_archiving()
        self.fill_to_the_last_block()
        self.forget(self.source.points()[:3])
        self.prune()
        self.assert_goes_on()

    def test_a_prune_that_has_no_room_to_copy_loses_nothing_and_copies_when_there_is_some(self):
        # Files of 1 MiB in packs of 8: of each pack a half is needed.
        for number in range(48):
            self.write(f"f{number:02}", MIB)
        first = self.source.archive()
        for number in range(0, 48, 2):
            (self.source.tree / f"f{number:02}").unlink()
        self.source.archive()
        self.forget([first])
        self.fill_to_the_last_block()
        result = self.prune(codes=(OK, DEGRADED))
        # It may find room by the packs that it takes out of use one after the other; if it doesn't, it says so.
        if result.returncode == DEGRADED:
            self.assertIn("the disk is full, so not all was copied: write: ENOSPC", result.stderr)
        self.assertEqual(self.source.unfinished(), [])
        self.source.assert_whole()
        (self.disk.place / "filler").unlink()
        self.prune()
        self.source.assert_whole()
        self.assertLess(sum(path.stat().st_size for path in self.source.packs()), 30 * MIB)


class FullExt4(FullDisk, unittest.TestCase):
    kind = "ext4"


class FullXFS(FullDisk, unittest.TestCase):
    kind = "xfs"


if __name__ == "__main__":
    unittest.main()
