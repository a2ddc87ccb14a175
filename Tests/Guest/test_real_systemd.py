#!/usr/bin/env python3
"""Runs the shipped unit under a real systemd in the guest, through a reboot and a cut of the power.

  BACKUPCTL=.build/release/backupctl python3 Tests/Guest/test_real_systemd.py
"""
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
MOMENTS = ROOT / "Tests/Guest/systemd_moments.py"
# What scripts/guest ends with when the command was ended by a shutdown, and when the power was cut.
SHUT_DOWN, CUT = 143, 137


@unittest.skipUnless(platform.machine() == "x86_64" and shutil.which("qemu-system-x86_64"), "there is no QEMU")
@unittest.skipUnless(os.path.exists("/lib/systemd/systemd"), "there is no systemd (package systemd)")
@unittest.skipUnless(os.geteuid() == 0, "the guest's root sees only what this user may read")
class RealSystemd(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-systemd-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.disk = self.work / "disk"
        with open(self.disk, "wb") as file:
            file.truncate(64 << 20)

    def live(self, moment, *options, ends_with=0):
        """One life of the machine, whose disk stays as it leaves it."""
        result = subprocess.run(
            [sys.executable, str(ROOT / "scripts/guest"), "--systemd", "-d", str(self.disk), "-t", "900", *options, "--",
             sys.executable, "-B", str(MOMENTS), moment, BACKUPCTL],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, ends_with, result.stdout + result.stderr)

    def test_runs_are_started_stopped_watched_and_gone_on_with_after_a_reboot_and_a_cut_of_the_power(self):
        self.live("serve", ends_with=SHUT_DOWN)
        self.live("go_on_after_reboot", "--power-cut-on", "running", ends_with=CUT)
        self.live("go_on_after_cut")


if __name__ == "__main__":
    unittest.main()
