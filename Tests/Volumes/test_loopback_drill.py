#!/usr/bin/env python3
"""Drills on a loop device: the whole cycle, one that is killed, one that is stopped, and one that finds something.

  scripts/guest -m 3072 -t 1800 -- env BACKUPCTL=$PWD/.build/release/backupctl python3 Tests/Volumes/test_loopback_drill.py
"""
import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from backupctl import BINARY
from pools import MIB, ThinPool, mapped, need_pools, tool

STEPS = ["pool", "fill", "archive", "change", "verify", "drill", "damage", "restore", "snapshot", "undo", "rescue", "remove"]
# Computing is many times slower in the guest, and all of it is done more than once.
PATIENCE = 1500
OK, FAILED, BUSY, TERMINATED = 0, 1, 11, 143

setUpModule = need_pools


class LoopbackDrill(unittest.TestCase):
    def setUp(self):
        # A short path: a socket's may have 107 bytes.
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="bctl-l-"))
        # The server of PostgreSQL, which isn't root, passes through.
        self.work.chmod(0o711)
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        # Another group of the host, in use, of which nothing may change.
        self.pool = ThinPool(size=32 * MIB)
        self.addCleanup(self.pool.remove)
        self.pool.create()
        self.other = self.pool.volume("vm-1-other", 4 * MIB)
        self.other.write(0, b"of another" * 1000)
        self.before = self.other.read()

    def command(self, *more):
        return [BINARY, "drill", "--loopback", "--scratch", str(self.work), *more]

    def start(self, *more):
        return subprocess.Popen(self.command(*more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def until(self, process, word):
        """Reads what a drill says until a step has ended."""
        for line in process.stdout:
            if line.startswith(word):
                return line
        self.fail(f"it ended before {word}: {process.stderr.read()}")

    def drill(self, *more, environment=None):
        return subprocess.run(self.command(*more), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
                              env=environment, check=False)

    def assert_nothing_left(self):
        self.assertEqual([name for name in mapped() if name.startswith("bctldrill")], [])
        self.assertNotIn("backupctl-drill-loopback", tool("losetup", "--list"))
        self.assertNotIn("backupctl-drill-loopback", pathlib.Path("/proc/self/mountinfo").read_text())
        self.assertEqual(sorted(path.name for path in self.work.iterdir()), [])
        self.assertTrue(self.other.read() == self.before, "a volume of another group was changed")

    def test_does_the_whole_cycle_after_one_that_was_killed(self):
        killed = self.start()
        self.until(killed, "fill")
        killed.kill()
        killed.communicate()
        self.assertNotEqual([name for name in mapped() if name.startswith("bctldrill")], [])

        result = self.drill("--json")
        self.assertEqual(result.returncode, OK, result.stdout + result.stderr)
        print(result.stdout, file=sys.stderr)
        report = json.loads(result.stdout)
        self.assertEqual([step["step"] for step in report["steps"]], STEPS)
        self.assertEqual({step["result"] for step in report["steps"]}, {"ok"})
        self.assert_nothing_left()

    @unittest.skipUnless(glob.glob("/usr/lib/postgresql/*/bin/initdb"), "there is no server of PostgreSQL")
    def test_a_place_that_the_database_cannot_reach_is_named_and_all_is_removed(self):
        self.work.chmod(0o700)
        result = self.drill()
        self.assertEqual(result.returncode, FAILED, result.stdout + result.stderr)
        self.assertIn("its account postgres can't pass through a directory above", result.stdout)
        self.assertIn("hint: fill: let others through with `chmod o+x`", result.stderr)
        self.assert_nothing_left()

    def test_is_stopped_by_a_signal_and_leaves_nothing_and_excludes_another(self):
        stopped = self.start()
        self.until(stopped, "pool")
        second = self.drill()
        self.assertEqual(second.returncode, BUSY, second.stderr)
        self.assertIn("another drill on a loop device", second.stderr)
        stopped.send_signal(signal.SIGTERM)
        said = stopped.communicate(timeout=PATIENCE)
        self.assertEqual(stopped.returncode, TERMINATED, said)
        self.assert_nothing_left()

    def test_a_file_system_that_is_not_whole_fails_the_step_and_all_is_removed(self):
        tools = self.work.parent / f"{self.work.name}-tools"
        tools.mkdir()
        self.addCleanup(shutil.rmtree, tools)
        # Only the checker is a stand-in, so that the last look at what was restored finds something.
        checker = tools / "e2fsck"
        checker.write_text('#!/bin/sh\ncase "$*" in */dev/mapper/bctldrill*) echo "Block bitmap differences" >&2; exit 4;; esac\n'
                           f'exec {shutil.which("e2fsck")} "$@"\n')
        checker.chmod(0o755)
        result = self.drill(environment=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"})
        self.assertEqual(result.returncode, FAILED, result.stdout + result.stderr)
        lines = {line.split()[0]: line for line in result.stdout.splitlines()}
        self.assertIn("restore", lines, result.stdout + result.stderr)
        self.assertIn("failed", lines["restore"])
        self.assertIn("Block bitmap differences", lines["restore"])
        self.assertNotIn("snapshot", lines)
        self.assertIn("ok", lines["remove"])
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
