#!/usr/bin/env python3
"""Kills the real program at random moments, lets it go on, and compares what rescue.py restores.

  BACKUPCTL=.build/debug/backupctl python3 Tests/StockTools/test_killed.py
"""
import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../Killed")]
import everything  # noqa: E402
from kills import kill_after  # noqa: E402

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
KILLS = 15


def tree_of(directory, seed, files=150):
    """About 20 MB that don't compress, one file of 12 MB among them."""
    for number in range(files):
        name = os.path.join(directory, f"d{number % 20}", f"f{number}")
        os.makedirs(os.path.dirname(name), exist_ok=True)
        everything.write(name, random.Random(seed * 1000 + number).randbytes(20_000 + 400 * number))
    everything.write(os.path.join(directory, "large"), random.Random(seed).randbytes(12 << 20))


class Killed(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="backupctl-killed-")
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.tree = os.path.join(self.work, "tree")
        self.repository = os.path.join(self.work, "repository")
        os.mkdir(self.tree)
        subprocess.run([BACKUPCTL, "init", "-q", self.repository], check=True)
        self.config = os.path.join(self.work, "config.yaml")
        # Packs of 2 MiB: several are sealed before the end, so that there is something to go on from.
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump({"repository": {"path": self.repository}, "parameters": {"pack-size": "2MiB"},
                       "trees": [{"name": "killed", "path": self.tree}]}, file)
        self.command = [BACKUPCTL, "archive", "killed", "--config", self.config, "-q"]

    def start(self):
        # A group of its own, so that nothing of it survives.
        return subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, start_new_session=True)

    def archive(self):
        begun = time.monotonic()
        process = self.start()
        output, errors = process.communicate()
        self.assertEqual(process.returncode, 0, (output + errors).decode())
        return time.monotonic() - begun

    def kill_after(self, seconds):
        """Whether the program was still at work."""
        process = self.start()
        return kill_after(process, seconds)

    def points(self):
        directory = os.path.join(self.repository, "sources/tree/killed/points")
        # A kill may have come before the directory was made.
        names = os.listdir(directory) if os.path.isdir(directory) else []
        return sorted(name[:-5] for name in names if name.endswith(".json"))

    def assert_restores(self, point, tree):
        target = os.path.join(self.work, "restored")
        shutil.rmtree(target, ignore_errors=True)
        result = subprocess.run([sys.executable, os.path.join(self.repository, "rescue.py"), "restore",
                                 f"tree/killed@{point}", "--to", target], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assert_same(tree, target)

    def assert_same(self, left, right):
        compared = filecmp.dircmp(left, right, ignore=[])
        self.assertEqual((compared.left_only, compared.right_only, compared.funny_files), ([], [], []))
        _, different, failed = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
        self.assertEqual((different, failed), ([], []))
        for name in compared.common_dirs:
            self.assert_same(os.path.join(left, name), os.path.join(right, name))

    def test_goes_on_after_kills_at_random_moments(self):
        delays = random.Random(2026)
        tree_of(self.tree, seed=1)
        killed = 0
        # How long a whole archive takes here, measured on a repository that is thrown away.
        whole = self.archive()
        shutil.rmtree(os.path.join(self.repository, "sources/tree"))
        for _ in range(8):
            killed += self.kill_after(delays.uniform(0.02, 0.6 * whole))
            for point in self.points():
                self.assert_restores(point, self.tree)
        self.archive()
        first = self.points()[-1]
        self.assert_restores(first, self.tree)
        before = os.path.join(self.work, "before")
        shutil.copytree(self.tree, before)
        tree_of(self.tree, seed=2, files=100)
        for _ in range(KILLS - 8):
            killed += self.kill_after(delays.uniform(0.02, 0.6 * whole))
            self.assertIn(first, self.points())
        self.archive()
        self.assert_restores(first, before)
        self.assert_restores(self.points()[-1], self.tree)
        self.assertGreater(killed, KILLS // 2)
        leftovers = [name for _, _, files in os.walk(self.repository) for name in files
                     if name.endswith((".part", ".checkpoint"))]
        self.assertEqual(leftovers, [])

    def test_second_archive_of_a_source_ends_with_11_and_names_the_holder(self):
        tree_of(self.tree, seed=3, files=20)
        first = self.start()
        try:
            lock = os.path.join(self.repository, "sources/tree/killed/lock")
            deadline = time.monotonic() + 60
            while not (os.path.exists(lock) and os.path.getsize(lock)) and time.monotonic() < deadline:
                time.sleep(0.001)
            # Stopped, it holds the lock for as long as we look.
            first.send_signal(signal.SIGSTOP)
            second = subprocess.run(self.command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
            self.assertEqual(second.returncode, 11, second.stderr)
            self.assertIn("tree/killed", second.stderr)
            self.assertIn(str(first.pid), second.stderr)
        finally:
            first.send_signal(signal.SIGCONT)
            _, errors = first.communicate()
        self.assertEqual(first.returncode, 0, errors.decode())
        self.assertEqual(len(self.points()), 1)


if __name__ == "__main__":
    unittest.main()
