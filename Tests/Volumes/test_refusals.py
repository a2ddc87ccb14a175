#!/usr/bin/env python3
"""What backupctl does, and says, on pools that are full, damaged, held by others or not there.

  scripts/guest -- env BACKUPCTL=$PWD/.build/debug/backupctl python3 Tests/Volumes/test_refusals.py
"""
import pathlib
import random
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bad_pools  # noqa: E402
import luks  # noqa: E402
from backupctl import DEGRADED, OK, Backupctl  # noqa: E402
from pools import MIB, ThinPool, mapped, need_pools  # noqa: E402


setUpModule = need_pools


class Refusals(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-refusals-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.pool = ThinPool(size=32 * MIB)
        self.addCleanup(self.pool.remove)
        self.pool.create()
        self.volume = self.pool.volume("v", 16 * MIB)
        self.volume.write(0, random.Random(1).randbytes(2 * MIB))
        self.backupctl = Backupctl(self.work, **{"pool-limits": {"data": "90%", "metadata": "80%"}})

    def assert_refused(self, pattern, *words, status=None):
        """That it fails, says why, and makes and leaves nothing."""
        names, mappings = self.pool.names(), set(mapped())
        result = self.backupctl.call(*words, codes=None)
        said = result.stdout + result.stderr
        self.assertNotIn(result.returncode, (OK, DEGRADED), said)
        if status is not None:
            self.assertEqual(result.returncode, status, said)
        self.assertRegex(said, "error: cannot ")
        self.assertRegex(said, pattern)
        self.assertEqual(set(mapped()), mappings)
        self.assertEqual(self.pool.names(), names)
        return said

    def refuse_both(self, pattern):
        """Exit status 30: a snapshot failed (docs/exit-codes.md)."""
        self.assert_refused(pattern, *Backupctl.take(self.volume), status=30)
        self.assert_refused(pattern, *Backupctl.archive(self.volume))

    def test_a_pool_nearly_full_of_data(self):
        bad_pools.fill_data(self.pool, 0.93)
        self.refuse_both(r"9\d(\.\d+)? ?%")

    def test_a_pool_nearly_full_of_metadata(self):
        bad_pools.fill_metadata(self.pool, 0.9)
        self.refuse_both("metadata")

    def test_a_pool_that_needs_a_check(self):
        bad_pools.mark_for_check(self.pool)
        self.refuse_both("needs_check|needs a check|lvconvert --repair")

    def test_a_read_only_pool(self):
        bad_pools.make_read_only(self.pool)
        self.refuse_both("read-only")

    def test_a_group_that_is_not_there(self):
        self.assert_refused("no-such-group", "archive", "--volume", "no-such-group/v")

    def test_a_volume_that_is_not_there(self):
        self.assert_refused("no-such-volume", "archive", "--volume", f"{self.pool.group}/no-such-volume")

    def test_a_key_that_opens_nothing(self):
        secret = self.pool.volume("secret", 8 * MIB)
        luks.format_luks(secret.path)
        (self.work / "key").write_text("another key")
        (self.work / "key").chmod(0o600)
        words = self.backupctl.run_of("secret", {"group": self.pool.group, "match": ["secret"],
                                                 "luks": {"key-file": str(self.work / "key")}})
        result = self.backupctl.call(*words, codes=None)
        said = result.stdout + result.stderr
        self.assertNotIn(result.returncode, (OK, DEGRADED), said)
        self.assertIn("key", said)
        self.assertNotIn("another key", said)
        self.assertEqual({name for name in mapped() if "secret" in name}, {f"{self.pool.group.replace('-', '--')}-secret"})

    def test_a_hold_of_others_is_kept_and_the_volume_archived_all_the_same(self):
        bad_pools.hold_metadata(self.pool)
        held = self.pool.status()["hold"]
        for _ in range(2):
            result = self.backupctl.call(*Backupctl.archive(self.volume), codes=(DEGRADED,))
            self.assertRegex(result.stdout + result.stderr, "so all of it was read: cannot hold the metadata of the pool")
            self.assertEqual(self.pool.status()["hold"], held)
            self.volume.write(MIB, b"later")
        self.backupctl.call(*Backupctl.archive(self.volume), codes=(DEGRADED,))
        image = self.work / "image"
        self.backupctl.restore(self.volume, image)
        self.assertTrue(image.read_bytes() == self.volume.read())

    def test_names_at_the_limits(self):
        for name in ("a-b--c", "a.b", "a_b+c", "v" * 100):
            with self.subTest(name=name):
                volume = self.pool.volume(name, 4 * MIB)
                volume.write(0, name.encode())
                self.backupctl.call(*Backupctl.archive(volume), codes=(OK, DEGRADED))
                image = self.work / "image"
                image.unlink(missing_ok=True)
                self.backupctl.restore(volume, image)
                self.assertTrue(image.read_bytes() == volume.read())


if __name__ == "__main__":
    unittest.main()
