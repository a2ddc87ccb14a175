#!/usr/bin/env python3
"""A backup disk that is lost at a random moment of an archive or a prune: the kernel makes it read-only after an error, or it is gone.

  BACKUPCTL=.build/debug/backupctl MOMENTS=100 SEED=1 python3 Tests/Retention/test_lost_disk.py

The disks are real file systems on loop devices, so it takes root; left out elsewhere. Each ends with 1, or with 10 if it hadn't opened the repository yet, and says what
couldn't be done and why; mounted anew, after a check of the file system, everything that was archived before is whole, and the next archive and the next
prune go on.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from loops import MIB, Disk  # noqa: E402
from sources import FAILED, NO_REPOSITORY, OK, PATIENCE, Source, content_of  # noqa: E402

MOMENTS = int(os.environ.get("MOMENTS", "2"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1 << 24))))
# XFS takes 300 MiB at least.
SIZES = {"ext4": 64 * MIB, "xfs": 320 * MIB}


class LostDisk(unittest.TestCase):
    def begin(self, kind="ext4"):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-lost-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.chance = random.Random(SEED)
        self.disk = Disk(self, self.work, kind, SIZES[kind])
        self.source = Source(self.work, self.disk.place / "repository")
        self.source.initialize()
        for number in range(24):
            (self.source.tree / f"f{number:02}").write_bytes(self.chance.randbytes(300_000))
        for _ in range(2):
            self.change()
            self.source.archive()

    def change(self):
        for number in self.chance.sample(range(24), 8):
            (self.source.tree / f"f{number:02}").write_bytes(self.chance.randbytes(300_000))

    def words(self, what):
        """The call, after making something for it to do."""
        if what == "archive":
            self.change()
            return ["archive", "wiki", "-q"]
        if len(self.source.points()) > 2:
            self.source.call("forget", f"wiki@{self.chance.choice(self.source.points()[:-1])}", "--yes", "-q")
        return ["prune", "--grace", "0s", "--rewrite-below", "100%", "--yes", "-q"]

    def is_writing(self):
        return any(name.endswith(".part") for name in os.listdir(self.source.store / "packs"))

    def lose(self, what, lose, reason):
        """Loses the disk in the middle of calls, and brings it back; how many calls were hit before they had ended.

        Every second time it waits for the first pack to be begun, so that it isn't always the start of the program that is hit.
        """
        hit = 0
        begun = time.monotonic()
        self.source.call(*self.words(what))
        whole = time.monotonic() - begun
        if what == "archive":
            self.source.contents[self.source.points()[-1]] = content_of(self.source.tree)
        for number in range(MOMENTS):
            is_late = number % 2 == 0
            delay = self.chance.uniform(0, whole / 4 if is_late else whole)
            words = self.words(what)
            before = self.source.points()
            with self.subTest(what=what, seed=SEED, number=number, delay=delay):
                process = self.source.start(*words)
                while is_late and process.poll() is None and not self.is_writing():
                    time.sleep(0.001)
                time.sleep(delay)
                lose(self.disk)
                output, errors = process.communicate(timeout=PATIENCE)
                said = errors.decode()
                hit += process.returncode != OK
                self.disk.mend()
                # Before it had opened the repository, there is none.
                self.assertIn(process.returncode, (OK, FAILED, NO_REPOSITORY), said)
                if process.returncode != OK:
                    self.assertEqual(output, b"")
                    self.assertRegex(said, r"\Aerror: cannot .*" + reason)
                self.source.call("check", "-q")
                if what == "archive" and process.returncode == OK:
                    # What it said is so: the point was on the disk.
                    self.assertEqual(len(self.source.points()), len(before) + 1)
                for point in set(self.source.points()) - set(before):
                    self.source.contents[point] = content_of(self.source.tree)
                self.source.assert_whole()
                self.source.archive()
                self.source.call("prune", "--grace", "0s", "--yes", "-q")
                self.assertEqual(self.source.unfinished(), [])
        print(f"seed {SEED}: {hit} of {MOMENTS} calls of {what} were hit", file=sys.stderr)
        return hit

    def test_archives_and_prunes_of_which_the_file_system_becomes_read_only(self):
        self.begin()
        hit = sum(self.lose(what, Disk.find_error, r"(Read-only file system|Input/output error)") for what in ("archive", "prune"))
        self.assertGreater(hit, 0)

    def test_archives_and_prunes_of_which_the_disk_is_gone(self):
        self.begin()
        hit = sum(self.lose(what, Disk.shut_down, r"Input/output error") for what in ("archive", "prune"))
        self.assertGreater(hit, 0)

    @unittest.skipUnless(MOMENTS > 2, "with XFS only in the long form: MOMENTS=20")
    def test_archives_and_prunes_of_which_the_disk_with_xfs_is_gone(self):
        self.begin("xfs")
        hit = sum(self.lose(what, Disk.shut_down, r"(Input/output error|Structure needs cleaning)") for what in ("archive", "prune"))
        self.assertGreater(hit, 0)

    def test_a_disk_that_is_read_only_from_the_beginning_is_read_and_the_rest_is_refused(self):
        self.begin()
        self.disk.unmount()
        self.disk.mount("ro")
        for words in (["archive", "wiki", "-q"], ["prune", "--grace", "0s", "--yes", "-q"],
                      ["forget", f"wiki@{self.source.points()[0]}", "--yes", "-q"],
                      ["hold", "-q", f"wiki@{self.source.points()[0]}", "--reason", "a test"]):
            result = self.source.run(*words)
            # There is nothing to prune, and nothing is what it does.
            if words[0] == "prune" and result.returncode == OK:
                continue
            self.assertEqual(result.returncode, FAILED, result.stderr)
            self.assertRegex(result.stderr, r"\Aerror: cannot .*: Read-only file system\ncause: \w+: EROFS\nhint: check `dmesg`")
        self.source.assert_whole()
        for words in (["points", "wiki"], ["prune", "--dry-run"], ["forget", "--keep", "last=1", "--dry-run"]):
            self.source.call(*words)
        rescued = self.work / "rescued"
        subprocess.run([sys.executable, self.source.repository / "rescue.py", "restore",
                        f"tree/wiki@{self.source.points()[0]}", "--to", rescued], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(content_of(rescued), self.source.contents[self.source.points()[0]])


if __name__ == "__main__":
    unittest.main()
