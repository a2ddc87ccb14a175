#!/usr/bin/env python3
"""A backup disk that fails: places that can't be read, writes that fail, writes that are lost, by device-mapper below a real file system.

  scripts/guest -- env BACKUPCTL=$PWD/.build/debug/backupctl python3 Tests/Volumes/test_failing_disk.py

Each call says what it couldn't do and why, whatever the kernel answers; when the disk is well again and the file system was checked, all that
was archived is whole, or what isn't is named.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Retention")]
from pools import MIB, need_pools, tool  # noqa: E402
from sources import DAMAGED, DEGRADED, FAILED, OK, PATIENCE, Source, content_of  # noqa: E402

SECTOR = 512
# All of them are the disk's: it can't be read or written, or ext4 has given up because of that.
REASONS = r"(Input/output error|Read-only file system|EIO|EROFS)"


def setUpModule():
    need_pools()
    for module in ("dm_flakey", "loop"):
        subprocess.run(["modprobe", module], capture_output=True, check=False)
    if "flakey" not in tool("dmsetup", "targets"):
        raise unittest.SkipTest("this kernel has no dm-flakey")


class FailingDisk:
    """An ext4 file system on a linear mapping that can be exchanged for others below it."""

    def __init__(self, test, work, size=96 * MIB):
        self.name, self.place = f"failing{uuid.uuid4().hex[:8]}", work / "disk"
        self.sectors = size // SECTOR
        image = work / "disk.img"
        with open(image, "wb") as file:
            file.truncate(size)
        self.loop = tool("losetup", "--find", "--show", image).strip()
        test.addCleanup(tool, "losetup", "-d", self.loop)
        tool("dmsetup", "create", self.name, "--table", self.whole())
        test.addCleanup(tool, "dmsetup", "remove", "--force", self.name)
        self.device = f"/dev/mapper/{self.name}"
        tool("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.device)
        self.place.mkdir()
        test.addCleanup(subprocess.run, ["umount", str(self.place)], capture_output=True, check=False)
        self.mount()

    def mount(self):
        tool("mount", "-o", "errors=remount-ro", self.device, self.place)

    def whole(self):
        return f"0 {self.sectors} linear {self.loop} 0"

    def exchange(self, table, flushing=True):
        """What the file system has written so far has reached the disk before, unless it isn't `flushing`."""
        tool("dmsetup", "load", self.name, "--table", table)
        tool("dmsetup", "suspend", *([] if flushing else ["--noflush", "--nolockfs"]), self.name)
        tool("dmsetup", "resume", self.name)

    def fail_reads(self, spans):
        """Has all reading and writing of these spans of sectors fail."""
        lines, end = [], 0
        for start, count in sorted(spans):
            if start > end:
                lines.append(f"{end} {start - end} linear {self.loop} {end}")
            lines.append(f"{start} {count} error")
            end = start + count
        if end < self.sectors:
            lines.append(f"{end} {self.sectors - end} linear {self.loop} {end}")
        self.exchange("\n".join(lines))
        self.forget_pages()

    def fail_everything(self):
        self.exchange(f"0 {self.sectors} error", flushing=False)

    def fail_writes(self, feature):
        """`error_writes`: they fail. `drop_writes`: they succeed and are lost."""
        self.exchange(f"0 {self.sectors} flakey {self.loop} 0 0 3600 1 {feature}", flushing=False)

    def forget_pages(self):
        os.sync()
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")

    def heal(self):
        """The disk is well again, and the file system is checked and mounted anew."""
        self.exchange(self.whole(), flushing=False)
        tool("umount", self.place)
        self.forget_pages()
        # 1 is: errors were corrected.
        tool("e2fsck", "-fy", self.device, codes=(0, 1))
        self.mount()

    def sectors_of(self, path):
        """Where a file lies: pairs of the first sector and the number of sectors, in the order of the file."""
        rows = re.findall(r"^ *\d+: +\d+\.\. *\d+: +(\d+)\.\. *\d+: +(\d+):", tool("filefrag", f"-b{SECTOR}", "-v", path), re.M)
        if not rows:
            raise AssertionError(f"nobody knows where {path} lies")
        return [(int(start), int(count)) for start, count in rows]


class DiskThatFails(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-failing-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.disk = FailingDisk(self, self.work)
        self.source = Source(self.work, self.disk.place / "repository")
        self.source.initialize()
        for number in range(12):
            self.write(number)
        self.source.archive()
        for number in range(0, 12, 2):
            self.write(number)
        self.source.archive()
        os.sync()

    def write(self, number):
        (self.source.tree / f"f{number:02}").write_bytes(os.urandom(300_000))

    def bad_place(self):
        """The middle of the newest point's first pack, 64 KiB: frames in it are needed by it alone."""
        newest = self.source.points()[-1]
        pack = next(path for path in self.source.packs() if path.name.startswith(newest))
        start, count = max(self.disk.sectors_of(pack), key=lambda extent: extent[1])
        return pack.name, [(start + count // 2 // 8 * 8, min(128, count // 2 // 8 * 8))]

    def assert_says(self, result, codes, pattern):
        said = result.stdout + result.stderr
        self.assertIn(result.returncode, codes, said)
        self.assertRegex(said, pattern)
        self.assertRegex(said, REASONS)

    def assert_well_again(self):
        self.disk.heal()
        # What was found is remembered until it is read again.
        self.source.call("verify", "-q")
        self.source.assert_whole()
        self.write(3)
        self.source.archive()
        self.source.call("prune", "--grace", "0s", "--yes", "-q")
        self.source.assert_whole()
        self.assertEqual(self.source.unfinished(), [])

    # Places that can't be read.

    def test_a_place_that_cannot_be_read_is_named_by_verify_with_pack_and_paths(self):
        pack, place = self.bad_place()
        self.disk.fail_reads(place)
        self.assert_says(self.source.run("verify"), (DAMAGED,), rf"damage: frame \d+ of pack {pack.removesuffix('.tar.zst')} is damaged")
        result = self.source.run("check")
        self.assert_says(result, (DAMAGED,), r"points: " + self.source.points()[-1])
        self.assert_well_again()

    def test_a_restore_from_a_place_that_cannot_be_read_names_what_it_lacks_and_other_points_restore(self):
        pack, place = self.bad_place()
        self.disk.fail_reads(place)
        first, newest = self.source.points()
        target = self.work / "target"
        result = self.source.run("restore", f"wiki@{newest}", "--to", target)
        self.assert_says(result, (FAILED, DAMAGED), r"f\d\d")
        # What it did restore is right.
        for path, content in content_of(target).items():
            if content != self.source.contents[newest][path]:
                self.assertIn(path, result.stdout + result.stderr)
        self.source.call("restore", f"wiki@{first}", "--to", self.work / "first", "-q")
        self.assertEqual(content_of(self.work / "first"), self.source.contents[first])
        self.assert_well_again()

    def test_a_prune_that_cannot_read_what_it_must_copy_takes_nothing_out_of_use(self):
        for number in range(0, 12, 4):
            self.write(number)
        self.source.archive()
        _, second, _ = self.source.points()
        pack, place = self.bad_place_of(second)
        self.source.call("forget", f"wiki@{second}", "--yes", "-q")
        self.disk.fail_reads(place)
        before = self.source.packs()
        result = self.source.run("prune", "--grace", "0s", "--rewrite-below", "100%", "--yes", "-q")
        if result.returncode != OK:
            # If it is the table that can't be read, the pack is left alone and the rest is pruned.
            self.assert_says(result, (FAILED, DEGRADED, DAMAGED), r"cannot (copy from|read) pack")
            self.assertTrue({path.name for path in self.source.packs()} >= {pack})
        else:
            # All that lies there was needed by nobody.
            self.assertLess(set(self.source.packs()), set(before))
        self.assert_well_again()

    def bad_place_of(self, point):
        pack = next(path for path in self.source.packs() if path.name.startswith(point))
        return pack.name, self.disk.sectors_of(pack)[:1]

    # Writes that fail.

    def hit(self, fail, *words):
        """A call that the disk fails as soon as its first pack is begun, or before its end if it begins none."""
        process = self.source.start(*words)
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() - begun < PATIENCE:
            if any(name.endswith(".part") for name in os.listdir(self.source.store / "packs")):
                break
            time.sleep(0.01)
        fail()
        output, errors = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(words, process.returncode, output.decode(), errors.decode())

    def test_calls_on_a_disk_that_takes_no_writes_end_with_1_and_say_so(self):
        self.write(5)
        self.disk.fail_writes("error_writes")
        first = self.source.points()[0]
        for words in (["archive", "wiki", "-q"], ["forget", f"wiki@{first}", "--yes", "-q"], ["hold", f"wiki@{first}", "--reason", "a test"]):
            self.assert_says(self.source.run(*words), (FAILED,), r"error: cannot ")
        self.assert_well_again()

    def test_an_archive_in_whose_middle_writes_begin_to_fail_leaves_the_points_before_it_whole(self):
        for number in range(12):
            self.write(number)
        before = self.source.points()
        result = self.hit(lambda: self.disk.fail_writes("error_writes"), "archive", "wiki", "-q")
        if result.returncode != OK:
            self.assert_says(result, (FAILED,), r"error: cannot ")
        self.disk.heal()
        for point in set(self.source.points()) - set(before):
            self.source.contents[point] = content_of(self.source.tree)
        self.assertGreaterEqual(len(self.source.points()), len(before) + (result.returncode == OK))
        self.assert_well_again()

    def test_a_prune_in_whose_middle_writes_begin_to_fail_loses_nothing(self):
        self.source.call("forget", f"wiki@{self.source.points()[0]}", "--yes", "-q")
        result = self.hit(lambda: self.disk.fail_writes("error_writes"), "prune", "--grace", "0s", "--rewrite-below", "100%", "--yes", "-q")
        if result.returncode != OK:
            self.assert_says(result, (FAILED,), r"error: cannot ")
        self.assert_well_again()

    def test_a_restore_in_whose_middle_the_disk_is_gone_ends_and_says_so(self):
        newest = self.source.points()[-1]
        self.disk.forget_pages()
        process = self.source.start("restore", f"wiki@{newest}", "--to", self.work / "target")
        while process.poll() is None and not list((self.work / "target").glob("f*")):
            time.sleep(0.01)
        self.disk.fail_everything()
        output, errors = process.communicate(timeout=PATIENCE)
        if process.returncode != OK:
            self.assertIn(process.returncode, (FAILED, DAMAGED))
            self.assertRegex((output + errors).decode(), REASONS)
        self.assert_well_again()

    # Writes that are lost although the disk said that they weren't.

    def test_what_a_disk_that_lies_has_lost_is_found_or_was_never_there(self):
        before = self.source.points()
        self.disk.fail_writes("drop_writes")
        for number in range(12):
            self.write(number)
        self.source.run("archive", "wiki", "-q")
        self.disk.heal()
        is_clean = self.source.run("check", "-q").returncode == OK and self.source.run("verify", "-q").returncode == OK
        for point in set(self.source.points()) - set(before):
            self.source.contents[point] = content_of(self.source.tree)
        if is_clean:
            self.source.assert_whole()
        for point in before:
            target = self.work / f"target-{point}"
            self.source.call("restore", f"wiki@{point}", "--to", target, "-q")
            self.assertEqual(content_of(target), self.source.contents[point])


if __name__ == "__main__":
    unittest.main()
