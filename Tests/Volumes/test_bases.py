#!/usr/bin/env python3
"""What an archive of changed blocks reads, by the kernel's count, and what it says when its base is worth nothing any more.

  scripts/guest -- env BACKUPCTL=$PWD/.build/debug/backupctl python3 Tests/Volumes/test_bases.py
"""
import pathlib
import random
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from backupctl import DEGRADED, OK, Backupctl  # noqa: E402
from pools import KIB, MIB, ThinPool, Volume, mapper_name, need_pools, report, statistics, tool  # noqa: E402

CHUNK = 64 * KIB


setUpModule = need_pools


class BaseCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-bases-"))
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.pool = ThinPool(size=256 * MIB, chunk=CHUNK, metadata=4 * MIB)
        cls.addClassCleanup(cls.pool.remove)
        cls.pool.create()
        cls.backupctl = Backupctl(cls.work)

    def setUp(self):
        self.volume = self.pool.volume(f"v{len(self.pool.names())}", 32 * MIB)
        self.volume.write(0, random.Random(1).randbytes(20 * MIB))

    def archive(self):
        result = self.backupctl.call(*Backupctl.archive(self.volume), codes=(OK, DEGRADED))
        return result.stdout + result.stderr

    def archive_counting(self):
        """What an archive printed, and how many bytes it had the pool read from where its data are."""
        data = f"/dev/mapper/{mapper_name(self.pool.group, 'pool_tdata')}"
        before = statistics(data)["bytes_read"]
        said = self.archive()
        return said, statistics(data)["bytes_read"] - before

    def assert_restores(self):
        image = self.work / "image"
        image.unlink(missing_ok=True)
        self.backupctl.restore(self.volume, image)
        self.assertTrue(image.read_bytes() == self.volume.read(), "the restored image differs from the volume")

    def base(self):
        rows = report("lvs", "-o", "lv_name", "-S", f'tags="backupctl.origin={self.volume.name}"', self.pool.group)
        self.assertEqual(len(rows), 1, rows)
        return Volume(self.pool, rows[0]["lv_name"])


class Costs(BaseCase):
    def test_the_first_archive_reads_what_is_mapped_and_no_more(self):
        _, count = self.archive_counting()
        self.assertGreaterEqual(count, 20 * MIB)
        self.assertLessEqual(count, 20 * MIB + CHUNK)

    def test_nothing_is_read_if_nothing_changed(self):
        self.archive()
        _, count = self.archive_counting()
        self.assertEqual(count, 0)
        self.assert_restores()

    def test_what_is_read_follows_what_changed(self):
        self.archive()
        # One per cent of the volume's chunks, far from each other, of each of which a few sectors are changed.
        changed = [3, 90, 140, 201, 300]
        for chunk in changed:
            self.volume.write(chunk * CHUNK + 8 * KIB, b"changed!" * 512)
        said, count = self.archive_counting()
        audit = 0.01 * self.volume.size()
        self.assertGreaterEqual(count, len(changed) * CHUNK, said)
        self.assertLessEqual(count, 1.1 * len(changed) * CHUNK + audit, said)
        self.assert_restores()


class VoidedBases(BaseCase):
    """Each way in which a base loses its worth: it is noticed, the reason named, all compared, and the image right."""

    def check(self, pattern):
        said, count = self.archive_counting()
        self.assertRegex(said, pattern)
        self.assertGreaterEqual(count, 20 * MIB, said)
        self.assert_restores()

    def setUp(self):
        super().setUp()
        self.archive()

    def test_a_base_that_was_written_to(self):
        base = self.base()
        # It is read-only: nothing writes to it by accident.
        tool("lvchange", "-q", "-prw", str(base))
        base.activate()
        base.write(5 * MIB, b"other" * 100)
        base.deactivate()
        self.check("written|activated")

    def test_a_base_that_was_mounted(self):
        # A snapshot of a mounted file system comes out clean, and is read-only; so it is mounted for writing, as somebody does who
        # looks for a file in it and forces his way.
        tool("mkfs.ext4", "-q", "-F", self.volume.path)
        with tempfile.TemporaryDirectory() as directory:
            tool("mount", self.volume.path, directory)
            (pathlib.Path(directory) / "file").write_bytes(random.Random(2).randbytes(20 * MIB))
            tool("sync", "-f", directory)
            self.archive()
            tool("umount", directory)
            base = self.base()
            tool("lvchange", "-q", "-prw", str(base))
            base.activate()
            tool("mount", base.path, directory)
            tool("umount", directory)
            base.deactivate()
        self.check("written|activated|mounted")

    def test_a_base_that_was_removed(self):
        self.base().remove()
        self.check("isn't the snapshot that was the base|is gone")

    def test_a_base_that_was_replaced_by_another_of_its_name(self):
        base = self.base()
        tags = [word for tag in base.fields("lv_tags")["lv_tags"].split(",") for word in ("--addtag", tag)]
        base.remove()
        self.volume.snapshot(base.name, *tags)
        self.volume.write(0, b"since then")
        self.check("isn't the snapshot that was the base")

    def test_a_volume_that_was_rolled_back(self):
        before = self.volume.snapshot(f"{self.volume.name}-before")
        self.volume.write(MIB, b"lost" * 1000)
        self.volume.deactivate()
        self.pool.merge(before)
        self.volume.activate()
        self.check("rolled back|replaced|thin id|origin")

    def test_a_volume_that_was_swapped_for_its_snapshot(self):
        before = self.volume.snapshot(f"{self.volume.name}-before")
        self.volume.rename(f"{self.volume.name}-aside")
        self.volume = before.rename(self.volume.name)
        self.volume.activate()
        self.check("another of its name")

    def test_a_volume_that_was_removed_and_made_again(self):
        self.volume.remove()
        self.volume = self.pool.volume(self.volume.name, 32 * MIB)
        self.volume.write(0, random.Random(9).randbytes(20 * MIB))
        self.check("another of its name")

    def transaction(self):
        return report("lvs", "-o", "transaction_id", f"{self.pool.group}/pool")[0]["transaction_id"]

    def test_a_group_whose_metadata_were_restored(self):
        saved = self.work / "group"
        before = self.transaction()
        tool("vgcfgbackup", "-q", "-f", saved, self.pool.group)
        # A new base, of which the saved metadata know nothing, while the old one is gone from the pool.
        self.volume.write(MIB, b"more" * 1000)
        self.archive()
        # As someone does who is told that the transactions differ, and makes them fit.
        text = saved.read_text()
        self.assertEqual(text.count(f"transaction_id = {before}\n"), 1, text)
        saved.write_text(text.replace(f"transaction_id = {before}\n", f"transaction_id = {self.transaction()}\n"))
        tool("vgchange", "-q", "-an", self.pool.group)
        tool("vgcfgrestore", "-q", "-f", saved, "--force", "-y", self.pool.group)
        tool("vgchange", "-q", "-ay", self.pool.group)
        # The restored metadata name the older base, which is gone from the pool: it is released, and the newer one's number, which LVM
        # would else give to the next snapshot, isn't asked for. The newer base itself counts for nothing.
        # Within the same minute the new snapshot even has its name.
        self.check("old metadata of the volume group|a later one of the same name")


if __name__ == "__main__":
    unittest.main()
