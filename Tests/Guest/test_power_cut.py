#!/usr/bin/env python3
"""Cuts the power of a machine in the middle of archives and restores, boots it again on the same disks, and looks.

  BACKUPCTL=.build/debug/backupctl CUTS=3 SEED=1 python3 Tests/Guest/test_power_cut.py

Takes a minute or more for each cut, so it belongs to `make guest-long`.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
CUTS = int(os.environ.get("CUTS", "3"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1 << 24))))
MOMENTS = ROOT / "Tests/Guest/power_cut_moments.py"


class PowerCut(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-power-cut-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        for name in ("pool", "repository"):
            with open(self.work / name, "wb") as file:
                file.truncate(512 << 20)

    def boot(self, moment, *options):
        """One life of the machine; both disks stay as it leaves them."""
        return subprocess.run(
            [sys.executable, str(ROOT / "scripts/guest"), "-d", str(self.work / "pool"), "-d", str(self.work / "repository"),
             "-t", "900", *options, "--", "env", f"BACKUPCTL={BACKUPCTL}", sys.executable, str(MOMENTS), moment, str(SEED)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def cut(self, make, moment, word, look):
        """Makes everything, then for each cut: does it until the power goes at a random instant after `word`, and looks."""
        made = self.boot(make)
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        whole = float(made.stdout.splitlines()[-1].split()[-1])
        chance, cut = random.Random(SEED), 0
        for number in range(CUTS):
            delay = chance.uniform(0, whole)
            with self.subTest(seed=SEED, number=number, delay=delay):
                result = self.boot(moment, "--power-cut-on", word, "--power-cut-delay", str(delay))
                self.assertIn(result.returncode, (0, 137), result.stdout + result.stderr)
                cut += result.returncode == 137
                after = self.boot(look)
                self.assertEqual(after.returncode, 0, after.stdout + after.stderr)
                print(f"cut {number + 1} of {CUTS} after {delay:.1f} s: {after.stdout.strip()}", file=sys.stderr, flush=True)
        print(f"seed {SEED}: the power was cut {cut} times of {CUTS} while {word}, which takes {whole:.1f} s", file=sys.stderr)
        self.assertGreater(cut, CUTS // 3)

    def test_the_repository_is_whole_and_nothing_of_the_pool_is_left_behind_wherever_the_power_is_cut(self):
        self.cut("make", "archive", "archiving", "look")

    def test_a_restore_in_place_ends_in_the_old_or_the_new_state_wherever_the_power_is_cut(self):
        self.cut("make-restorable", "restore", "restoring", "look-restored")


if __name__ == "__main__":
    unittest.main()
