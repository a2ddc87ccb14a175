#!/usr/bin/env python3
"""Compares archives of changed blocks with the volumes themselves, after random sequences of all that may happen to them.

  scripts/guest -m 3072 -- env BACKUPCTL=$PWD/.build/debug/backupctl SEQUENCES=25 SEED=1 python3 Tests/Volumes/test_differences.py
"""
import concurrent.futures
import os
import pathlib
import queue
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import luks  # noqa: E402
from backupctl import DEGRADED, OK, Backupctl  # noqa: E402
from pools import KIB, MIB, ThinPool, mapped, mapper_name, need_pools  # noqa: E402
from sequences import Sequence  # noqa: E402

SEQUENCES = int(os.environ.get("SEQUENCES", "25"))
# The most archives of a sequence after its first one; some have fewer.
ROUNDS = int(os.environ.get("ROUNDS", "1"))
WORKERS = int(os.environ.get("WORKERS", str(min(2, os.cpu_count() or 1))))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1 << 24))))


setUpModule = need_pools


class Differences(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-differences-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.seeds = queue.SimpleQueue()
        for number in range(SEQUENCES):
            self.seeds.put(number)
        self.failures, self.archives, self.lock = [], 0, threading.Lock()

    def test_restored_images_equal_the_volumes_whatever_happened_between_archives(self):
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
            for ended in [workers.submit(self.work_off, number) for number in range(WORKERS)]:
                ended.result()
        print(f"seed {SEED}: {SEQUENCES} sequences, {self.archives} archives compared, {time.monotonic() - begun:.0f} s",
              file=sys.stderr)
        self.assertEqual(len(self.failures), 0, "\n\n".join(self.failures))
        self.assertEqual(self.archives, sum(1 + rounds(number) for number in range(SEQUENCES)))

    def work_off(self, number):
        """One worker: a pool and a repository of its own, one sequence after the other."""
        work = self.work / str(number)
        work.mkdir()
        (work / "key").write_text(luks.KEY)
        (work / "key").chmod(0o600)
        chunk = [64 * KIB, 128 * KIB][number % 2]
        with ThinPool(size=192 * MIB, chunk=chunk, metadata=4 * MIB) as pool:
            backupctl = Backupctl(work)
            while True:
                try:
                    sequence = self.seeds.get_nowait()
                except queue.Empty:
                    return
                self.show(sequence)
                self.follow(sequence, pool, backupctl)

    def follow(self, number, pool, backupctl):
        sequence = None
        try:
            sequence = Sequence(SEED + number, pool)
            self.archive_and_compare(sequence, backupctl)
            # Between them the sequences see everything, whatever the seed: the last round of each ends with one event of the list.
            for left in reversed(range(rounds(number))):
                sequence.happen(last=None if left else Sequence.EVENTS[number % len(Sequence.EVENTS)])
                self.archive_and_compare(sequence, backupctl)
        except Exception:  # told with the sequence, after which the others go on
            self.fail_later(f"{sequence or f'seed {SEED + number}'}\n{traceback.format_exc()}")
        if sequence:
            sequence.end()
            left = [name for name in mapped() if name.startswith(mapper_name(pool.group, sequence.name))]
            if left:
                self.fail_later(f"{sequence}\nit left {left}")

    def show(self, number):
        """A long run says how far it is."""
        if number and number % 20 == 0:
            print(f"sequence {number} of {SEQUENCES}", file=sys.stderr, flush=True)

    def fail_later(self, text):
        print(f"failed: {text}", file=sys.stderr, flush=True)
        with self.lock:
            self.failures.append(text)

    def archive_and_compare(self, sequence, backupctl):
        volume = sequence.volume
        points = len(backupctl.points(volume))
        if sequence.kind == "opened":
            words = backupctl.run_of("one", {
                "group": volume.pool.group, "match": [volume.name], "luks": {"key-file": str(backupctl.work / "key")}})
        else:
            words = backupctl.archive(volume)
        # A volume that shrank or was emptied is a degraded point, and that is right.
        backupctl.call(*words, codes=(OK, DEGRADED))
        sequence.tell("ARCHIVE")
        if len(backupctl.points(volume)) != points + 1:
            raise AssertionError("the archive made no point")
        expected = sequence.content()
        image = backupctl.work / "image"
        image.unlink(missing_ok=True)
        backupctl.restore(volume, image)
        holes = list(sequence.holes())
        assert_same(expected, image.read_bytes(), "restored", holes)
        if sequence.chance.random() < 0.2:
            shutil.rmtree(backupctl.work / "rescued", ignore_errors=True)
            assert_same(expected, backupctl.rescue(volume, backupctl.work / "rescued").read_bytes(), "rescued", holes)
        with self.lock:
            self.archives += 1


def rounds(number):
    """How many archives a sequence has after its first one."""
    return 1 + number % ROUNDS


def assert_same(expected, found, how, holes=()):
    """Compares byte for byte, and says where the first difference is; holes may be zeros too."""
    if holes and len(expected) == len(found):
        expected = bytearray(expected)
        for hole in holes:
            if not any(found[hole]):
                expected[hole] = found[hole]
    if expected == found:
        return
    if len(expected) != len(found):
        raise AssertionError(f"{how}: {len(found)} bytes instead of {len(expected)}")
    step = 4 * KIB
    places = [at for at in range(0, len(expected), step) if expected[at:at + step] != found[at:at + step]]
    raise AssertionError(f"{how}: {len(places)} blocks of 4 KiB differ, the first at {places[0]}")


if __name__ == "__main__":
    unittest.main()
