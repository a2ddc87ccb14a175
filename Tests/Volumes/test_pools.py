#!/usr/bin/env python3
"""Shows on real pools that the ground on which the other suites stand holds: differences, counts, states, removal.

  scripts/guest -- python3 Tests/Volumes/test_pools.py
"""
import errno
import pathlib
import random
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bad_pools  # noqa: E402
import contents  # noqa: E402
import luks  # noqa: E402
from pools import KIB, MIB, ThinPool, ToolFailure, Volume, mapped, need_pools, statistics, tool  # noqa: E402


setUpModule = need_pools


class PoolCase(unittest.TestCase):
    def pool(self, **parameters):
        pool = ThinPool(**parameters)
        self.addCleanup(pool.remove)
        pool.create()
        return pool


class Differences(PoolCase):
    def test_thin_delta_names_the_chunks_that_were_written_and_no_others(self):
        pool = self.pool(chunk=64 * KIB)
        volume = pool.volume("v", 16 * MIB)
        volume.write(0, random.Random(1).randbytes(4 * MIB))
        volume.snapshot("before")
        volume.write(256 * KIB, b"x" * 4096)
        volume.write(8 * MIB, b"y" * 100_000)
        volume.discard(2 * MIB, 128 * KIB)
        volume.snapshot("after")
        ids = [Volume(pool, name).fields("thin_id")["thin_id"] for name in ("before", "after")]
        pool.message("reserve_metadata_snap")
        self.assertIsNotNone(pool.status()["hold"])
        try:
            text = tool("thin_delta", "-m", "--snap1", ids[0], "--snap2", ids[1], pool.metadata_path)
        finally:
            pool.message("release_metadata_snap")
        self.assertIsNone(pool.status()["hold"])
        found = {kind: [(int(begin), int(length)) for begin, length in
                        re.findall(rf'<{kind} begin="(\d+)" length="(\d+)"', text)]
                 for kind in ("different", "left_only", "right_only")}
        self.assertEqual(found, {"different": [(4, 1)], "right_only": [(128, 2)], "left_only": [(32, 2)]}, text)

    def test_what_is_written_is_read_back_and_a_snapshot_keeps_its_own(self):
        pool = self.pool(chunk=128 * KIB)
        volume = pool.volume("v", 9 * MIB + 64 * KIB)
        chance = random.Random(2)
        model = bytearray(volume.size())
        for _ in range(12):
            offset, length = contents.some_range(chance, len(model))
            content = contents.some_content(chance, length)
            volume.write(offset, content)
            model[offset:offset + length] = content
        self.assertEqual(volume.read(), bytes(model))
        snapshot = volume.snapshot("kept")
        contents.write_some(chance, volume)
        contents.discard_some(chance, volume)
        snapshot.activate()
        self.assertEqual(snapshot.read(), bytes(model))
        self.assertNotEqual(volume.read(), bytes(model))

    def test_a_seed_gives_the_same_content_again(self):
        pool = self.pool()
        read = []
        for name in ("one", "two"):
            volume, chance = pool.volume(name, 8 * MIB), random.Random(3)
            contents.write_some(chance, volume)
            contents.discard_some(chance, volume)
            contents.write_some(chance, volume)
            read.append(volume.read())
        self.assertEqual(read[0], read[1])


class Counts(PoolCase):
    def test_the_kernel_counts_what_is_read_from_a_snapshot(self):
        volume = self.pool().volume("v", 8 * MIB)
        volume.write(0, b"z" * (2 * MIB))
        snapshot = volume.snapshot("s")
        snapshot.activate()
        before = snapshot.bytes_read()
        snapshot.read()
        self.assertEqual(snapshot.bytes_read() - before, 8 * MIB)

    def test_a_device_of_which_nothing_is_read_counts_nothing(self):
        volume = self.pool().volume("v", 8 * MIB)
        before = statistics(volume.path)
        volume.write(0, b"z" * MIB)
        after = statistics(volume.path)
        self.assertEqual(after["bytes_read"], before["bytes_read"])
        self.assertEqual(after["bytes_written"] - before["bytes_written"], MIB)


class Removal(PoolCase):
    def test_nothing_is_left_of_a_pool_with_mounts_mappings_and_a_hold_on_it(self):
        before = set(mapped())
        loops = tool("losetup", "-n", "-O", "BACK-FILE")
        pool = self.pool()
        volume = pool.volume("v-1", 32 * MIB)
        tool("mkfs.ext4", "-q", volume.path)
        with tempfile.TemporaryDirectory() as directory:
            tool("mount", volume.path, directory)
            secret = pool.volume("secret", 8 * MIB)
            luks.format_luks(secret.path)
            tool("cryptsetup", "open", "--key-file", "-", secret.path, f"{pool.group}-opened", text=luks.KEY)
            pool.message("reserve_metadata_snap")
            group = pool.group
            pool.remove()
            self.assertNotIn(directory, pathlib.Path("/proc/self/mountinfo").read_text())
        self.assertEqual(set(mapped()), before)
        self.assertEqual(tool("losetup", "-n", "-O", "BACK-FILE"), loops)
        self.assertNotIn(group, tool("vgs", "--noheadings", "-o", "vg_name"))
        pool.remove()


class BadPools(PoolCase):
    """That each helper brings a pool into the state that its name says, by the kernel's and by LVM's word."""

    def setUp(self):
        self.bad = self.pool(size=16 * MIB)
        self.volume = self.bad.volume("v", 64 * MIB)
        self.volume.write(0, b"content" * 1000)

    def test_nearly_full_of_data(self):
        bad_pools.fill_data(self.bad, 0.93)
        self.assertGreaterEqual(self.bad.status()["data"], 0.93)
        self.assertLess(self.bad.status()["data"], 1)
        self.assertEqual(self.bad.status()["mode"], "rw")

    def test_nearly_full_of_metadata(self):
        bad_pools.fill_metadata(self.bad, 0.9)
        self.assertGreaterEqual(self.bad.status()["metadata"], 0.9)
        self.assertLess(self.bad.status()["metadata"], 1)
        percent = float(Volume(self.bad, "pool").fields("metadata_percent")["metadata_percent"])
        self.assertGreaterEqual(percent, 89.9)

    def test_needs_check(self):
        bad_pools.mark_for_check(self.bad)
        self.assertTrue(self.bad.status()["needs_check"])
        self.assertEqual(Volume(self.bad, "pool").fields("lv_check_needed")["lv_check_needed"], "check needed")
        with self.assertRaises(ToolFailure):
            self.volume.snapshot("s")

    def test_read_only(self):
        bad_pools.make_read_only(self.bad)
        self.assertEqual(self.bad.status()["mode"], "ro")
        self.assertEqual(self.volume.read()[:7], b"content")

    def test_foreign_hold(self):
        bad_pools.hold_metadata(self.bad)
        held = self.bad.status()["hold"]
        self.assertIsNotNone(held)
        with self.assertRaises(OSError) as refused:
            self.bad.message("reserve_metadata_snap")
        self.assertEqual(refused.exception.errno, errno.EBUSY)
        self.assertEqual(self.bad.status()["hold"], held)


if __name__ == "__main__":
    unittest.main()
