#!/usr/bin/env python3
"""Other programs delete over an immutable repository; forgets, prunes and archives go on.

  BACKUPCTL=.build/debug/backupctl python3 Tests/Retention/test_immutable.py
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))


class Scene:
    """An immutable repository with three points, on a file system in a file of its own."""

    file_system, megabytes = None, None

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root makes files immutable and mounts file systems")
        if not shutil.which(f"mkfs.{self.file_system}"):
            self.skipTest(f"there is no mkfs.{self.file_system}")
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-immutable-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        image, self.disk = self.work / "image", self.work / "disk"
        with open(image, "wb") as file:
            file.truncate(self.megabytes << 20)
        subprocess.run([f"mkfs.{self.file_system}", "-q", image], check=True, stdout=subprocess.DEVNULL)
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-o", "loop", image, self.disk], capture_output=True, text=True, check=False)
        if mounted.returncode:
            self.skipTest(f"cannot mount {self.file_system} here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)
        self.tree, self.repository = self.work / "tree", self.disk / "repository"
        self.tree.mkdir()
        self.configure(True)
        self.call("init", self.repository)
        self.states = {}
        for number in range(3):
            (self.tree / f"file-{number}").write_bytes(os.urandom(50_000))
            self.archive()

    def configure(self, immutable):
        (self.work / "config.yaml").write_text(
            f"repository: {{path: {self.repository}, immutable: {str(immutable).lower()}}}\n")

    def call(self, *words, code=0):
        environment = {key: value for key, value in os.environ.items() if key != "BACKUPCTL_REPOSITORY"}
        result = subprocess.run([BACKUPCTL, *map(str, words)], env=environment | {"BACKUPCTL_CONFIG": str(self.work / "config.yaml")},
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, code, f"{words}: {result.stdout}{result.stderr}")
        return result.stdout + result.stderr

    def archive(self, code=0):
        before = set(self.points())
        said = self.call("archive", self.tree, "--as", "wiki", code=code)
        [point] = set(self.points()) - before
        self.states[point] = {path.name: path.read_bytes() for path in self.tree.iterdir()}
        return said

    def points(self):
        return sorted(path.stem for path in (self.repository / "sources/tree/wiki/points").glob("*.json"))

    def assert_all_restore(self):
        self.assertEqual(self.points(), sorted(self.states))
        for point, state in self.states.items():
            target = self.work / f"restored-{point}"
            self.call("restore", f"wiki@{point}", "--to", target)
            self.assertEqual({path.name: path.read_bytes() for path in target.iterdir()}, state)
            shutil.rmtree(target)

    def flags(self, path):
        return subprocess.run(["lsattr", path], capture_output=True, text=True, check=True).stdout.split()[0]

    def test_what_others_delete_is_still_there(self):
        subprocess.run(["rm", "-rf", self.repository], capture_output=True, check=False)
        subprocess.run(["find", self.repository, "-delete"], capture_output=True, check=False)
        if shutil.which("rsync"):
            empty = self.work / "empty"
            empty.mkdir()
            subprocess.run(["rsync", "-a", "--delete", f"{empty}/", f"{self.repository}/"], capture_output=True, check=False)
        for pack in (self.repository / "sources/tree/wiki/packs").iterdir():
            with self.assertRaises(PermissionError):
                open(pack, "r+b").close()
        self.assert_all_restore()
        self.assertIn("no damage", self.call("check"))
        self.archive()
        self.assert_all_restore()


class Immutable(Scene, unittest.TestCase):
    file_system, megabytes = "ext4", 64

    def test_the_history_of_what_was_verified_can_only_grow(self):
        self.call("verify")
        history = self.repository / "sources/tree/wiki/attestations.jsonl"
        self.archive()
        before = history.read_bytes()
        self.assertIn("a", self.flags(history))
        with self.assertRaises(PermissionError):
            history.unlink()
        self.call("verify")
        self.assertTrue(history.read_bytes().startswith(before))

    def test_forgets_holds_and_prunes_lift_what_they_take_away_and_nothing_else(self):
        first, second, _ = self.points()
        self.call("hold", f"wiki@{second}", "--reason", "a test")
        self.assertIn("i", self.flags(self.repository / f"sources/tree/wiki/points/{second}.hold"))
        self.call("hold", f"wiki@{second}", "--reason", "another")
        self.call("forget", f"wiki@{first}", "--yes")
        del self.states[first]
        self.call("release", f"wiki@{second}")
        self.call("prune", "--rewrite-below", "100%", "--grace", "0s", "--yes")
        self.assert_all_restore()
        self.assertEqual(list((self.repository / "sources/tree/wiki/trash").iterdir()), [])
        for directory in ["points", "packs"]:
            for path in (self.repository / "sources/tree/wiki" / directory).iterdir():
                self.assertIn("i", self.flags(path), path)

    def test_can_be_turned_on_and_off(self):
        self.configure(False)
        (self.tree / "more").write_bytes(os.urandom(20_000))
        self.archive()
        newest = self.repository / f"sources/tree/wiki/points/{self.points()[-1]}.json"
        self.assertNotIn("i", self.flags(newest))
        first = self.points()[0]
        self.call("forget", f"wiki@{first}", "--yes")
        del self.states[first]
        self.configure(True)
        self.archive()
        self.assertIn("i", self.flags(newest))
        self.assert_all_restore()


class ImmutableOnXFS(Scene, unittest.TestCase):
    file_system, megabytes = "xfs", 320


class ImmutableOnBtrfs(Scene, unittest.TestCase):
    file_system, megabytes = "btrfs", 128


class WhereThereAreNoFlags(unittest.TestCase):
    def test_each_archive_says_so_and_the_point_is_there(self):
        if os.geteuid() != 0:
            self.skipTest("only root mounts file systems")
        work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-immutable-"))
        self.addCleanup(shutil.rmtree, work, ignore_errors=True)
        disk = work / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "ramfs", "ramfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        (work / "tree").mkdir()
        (work / "tree/file").write_text("content\n")
        (work / "config.yaml").write_text(f"repository: {{path: {disk}/repository, immutable: true}}\n")
        environment = {key: value for key, value in os.environ.items() if key != "BACKUPCTL_REPOSITORY"}
        environment["BACKUPCTL_CONFIG"] = str(work / "config.yaml")
        subprocess.run([BACKUPCTL, "init", disk / "repository"], env=environment, check=True, capture_output=True)
        result = subprocess.run([BACKUPCTL, "archive", work / "tree", "--as", "wiki"], env=environment, capture_output=True,
                                text=True, check=False)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("isn't protected", result.stderr)
        self.assertIn("immutable: true", result.stderr)
        read = subprocess.run([BACKUPCTL, "cat", "wiki", "file"], env=environment, capture_output=True, check=True)
        self.assertEqual(read.stdout, b"content\n")


if __name__ == "__main__":
    if not os.access(BACKUPCTL, os.X_OK):
        sys.exit(f"cannot run {BACKUPCTL}: build it first with `swift build`, or set BACKUPCTL")
    unittest.main()
