#!/usr/bin/env python3
"""Holds scripts/guest to what it says: outputs and exit status, what is shared, time limit, power cut, and a cache that survives.

  python3 Tests/Guest/test_guest.py
"""
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUEST = ROOT / "scripts/guest"


def guest(*words, **variables):
    return subprocess.run([sys.executable, str(GUEST), *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, env=os.environ | variables, timeout=600, check=False)


@unittest.skipUnless(platform.machine() == "x86_64" and shutil.which("qemu-system-x86_64"), "there is no QEMU")
class Guest(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-test-guest-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)

    def disk(self):
        path = self.work / "disk"
        with open(path, "wb") as file:
            file.truncate(8 << 20)
        return path

    def test_the_command_has_its_outputs_its_status_its_files_and_nothing_else_of_ours(self):
        (self.work / "seen").write_text("from outside\n")
        (self.work / "out").mkdir()
        result = guest("-d", self.disk(), "-o", self.work / "out", "--", "sh", "-c",
                       f"cat {self.work}/seen; echo changed > {self.work}/seen; echo 'a b' >/dev/stderr; "
                       "echo given > /run/out/file; printf kept > /dev/vda; dmsetup targets | grep -c thin; pwd; exit 7")
        self.assertEqual(result.returncode, 7, result.stderr)
        self.assertEqual(result.stdout, f"from outside\n2\n{os.getcwd()}\n")
        self.assertEqual(result.stderr, "a b\n")
        self.assertEqual((self.work / "seen").read_text(), "from outside\n")
        self.assertEqual((self.work / "out/file").read_text(), "given\n")
        self.assertEqual((self.work / "disk").read_bytes()[:4], b"kept")

    def test_a_power_cut_keeps_what_reached_the_disk_and_ends_with_137(self):
        disk = self.disk()
        begun = time.monotonic()
        result = guest("-d", disk, "--power-cut-on", "now", "-t", 300, "--", "sh", "-c",
                       "printf written | dd of=/dev/vda conv=fsync status=none; echo now; sleep 200; echo never")
        self.assertEqual(result.returncode, 137, result.stderr)
        self.assertEqual(result.stdout, "now\n")
        self.assertEqual(disk.read_bytes()[:7], b"written")
        self.assertLess(time.monotonic() - begun, 190)

    def test_a_guest_that_dies_ends_with_125(self):
        result = guest("--", "sh", "-c", "echo b > /proc/sysrq-trigger; sleep 60")
        self.assertEqual(result.returncode, 125, result.stderr)
        self.assertIn("while the command ran", result.stderr)

    def test_the_time_limit_ends_with_124(self):
        result = guest("-t", 2, "--", "true")
        self.assertEqual(result.returncode, 124, result.stderr)
        self.assertIn("cannot finish in 2", result.stderr)


class Refusals(unittest.TestCase):
    """Without QEMU, without a kernel, with a cache half made: nothing of it needs a machine to start."""

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-test-guest-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.programs = self.work / "bin"
        self.programs.mkdir()
        self.variables = {"XDG_CACHE_HOME": str(self.work / "cache"), "PATH": f"{self.programs}:/usr/bin:/bin"}
        self.program("qemu-system-x86_64", "exit 1")
        self.program("apt-cache", "echo '  Depends: linux-image-9.9-amd64'")

    def program(self, name, text):
        (self.programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.programs / name).chmod(0o755)

    def cache(self):
        return sorted(path.name for path in (self.work / "cache/backupctl-guest").iterdir())

    def make_package(self):
        """A kernel package without any of the modules that a guest needs."""
        tree = self.work / "package"
        for path, text in (("boot/vmlinuz-9.9", "kernel"), ("lib/modules/9.9/modules.order", ""), ("lib/modules/9.9/modules.builtin", ""),
                           ("DEBIAN/control", "Package: linux-image-9.9-amd64\nVersion: 1\nArchitecture: all\n"
                                              "Maintainer: nobody <nobody@example.org>\nDescription: of a test\n")):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        package = self.work / "linux-image-9.9-amd64_1_all.deb"
        subprocess.run(["dpkg-deb", "--build", str(tree), str(package)], check=True, capture_output=True)
        return package

    def test_without_qemu_it_says_what_to_install(self):
        result = guest("--", "true", PATH=str(self.work))
        self.assertEqual(result.returncode, 31, result.stderr)
        self.assertIn("no qemu-system-x86_64", result.stderr)
        self.assertIn("hint: scripts/install-packages guest", result.stderr)

    def test_without_a_kernel_it_says_why(self):
        self.program("apt-get", "echo 'E: the mirror is on fire' >&2; exit 100")
        result = guest("--", "true", **self.variables)
        self.assertEqual(result.returncode, 31, result.stderr)
        self.assertIn("error: cannot fetch the guest's kernel", result.stderr)
        self.assertIn("the mirror is on fire", result.stderr)

    def test_an_interrupted_fetch_is_begun_anew(self):
        package = self.make_package()
        self.program("apt-get", f"cp {package} . && touch {self.work}/begun && exec sleep 60")
        first = subprocess.Popen([sys.executable, str(GUEST), "--", "true"], env=os.environ | self.variables,
                                 stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        while not (self.work / "begun").exists():
            self.assertIsNone(first.poll())
            time.sleep(0.02)
        os.killpg(first.pid, 9)
        first.wait()
        self.assertTrue(any(name.startswith("building-") for name in self.cache()), self.cache())
        self.program("apt-get", f"cp {package} .")
        result = guest("--", "true", **self.variables)
        # The kernel is there as a whole now; that it has no modules is found after that.
        self.assertEqual(result.returncode, 31, result.stderr)
        self.assertIn("has no module", result.stderr)
        self.assertEqual(self.cache(), ["linux-image-9.9-amd64", "lock"])
        self.assertEqual((self.work / "cache/backupctl-guest/linux-image-9.9-amd64/boot/vmlinuz-9.9").read_text(), "kernel")

    def test_a_disk_that_is_not_there_is_wrong_usage(self):
        result = guest("-d", self.work / "none", "--", "true", **self.variables)
        self.assertEqual(result.returncode, 64, result.stderr)


if __name__ == "__main__":
    unittest.main()
