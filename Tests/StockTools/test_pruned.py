#!/usr/bin/env python3
"""Reads packs that a prune made with GNU tar, bsdtar, zstd and rescue.py.

  BACKUPCTL=.build/debug/backupctl python3 Tests/StockTools/test_pruned.py
"""
import filecmp
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
MIB = 1 << 20


class Pruned(unittest.TestCase):
    """A large file of which half is written anew, small ones that go and come; of two points the first is forgotten."""

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-pruned-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.tree, self.repository = self.work / "tree", self.work / "repository"
        self.tree.mkdir()
        chance = random.Random(1)
        self.call("init", "-q", self.repository)
        (self.tree / "large").write_bytes(chance.randbytes(12 * MIB))
        for number in range(40):
            (self.tree / f"small-{number}").write_bytes(chance.randbytes(20_000))
        self.call("archive", "-q", self.tree, "--as", "wiki")
        first = self.points()[0]
        self.before = {path.name: path.read_bytes() for path in self.tree.iterdir()}
        with open(self.tree / "large", "r+b") as file:
            file.seek(3 * MIB)
            file.write(chance.randbytes(6 * MIB))
        for number in range(20):
            (self.tree / f"small-{number}").unlink()
        (self.tree / "later").write_bytes(chance.randbytes(100_000))
        self.call("archive", "-q", self.tree, "--as", "wiki")
        self.call("hold", "-q", f"wiki@{self.points()[-1]}", "--reason", "a test")
        self.call("forget", "-q", f"wiki@{first}", "--yes")
        before = self.packs()
        self.call("prune", "-q", "--rewrite-below", "100%", "--grace", "0s", "--yes")
        self.made = [pack for pack in self.packs() if pack not in before]
        self.assertTrue(self.made)

    def call(self, *words):
        return subprocess.run([BACKUPCTL, *map(str, words)], env=os.environ | {"BACKUPCTL_REPOSITORY": str(self.repository)},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout

    def source(self):
        return self.repository / "sources/tree/wiki"

    def points(self):
        return sorted(path.stem for path in (self.source() / "points").glob("*.json"))

    def packs(self):
        return sorted((self.source() / "packs").glob("*.tar.zst"))

    def assert_equals_tree(self, directory):
        compared = filecmp.dircmp(self.tree, directory)
        self.assertEqual((compared.left_only, compared.right_only), ([], []))
        names = sorted(path.name for path in self.tree.iterdir())
        self.assertEqual(filecmp.cmpfiles(self.tree, directory, names, shallow=False)[1:], ([], []))

    def members(self, *words):
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()

    def test_stock_tools_read_what_a_prune_made(self):
        for pack in self.made:
            subprocess.run(["zstd", "-qt", pack], check=True)
            listed = self.members("tar", "--zstd", "-tf", pack)
            self.assertEqual(self.members("bsdtar", "-tf", pack), listed)
            target = self.work / pack.stem
            target.mkdir()
            result = subprocess.run(["tar", "--zstd", "-xf", pack, "-C", target], capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            # What has its own name is whole; nothing that is only a part bears one. Small files that went share frames with others.
            after = {path.name: path.read_bytes() for path in self.tree.iterdir()}
            for name in listed:
                if not name.startswith(".backupctl/") and (target / name).is_file():
                    self.assertIn((target / name).read_bytes(), (self.before.get(name), after.get(name)), name)
        pieces = [name for pack in self.made for name in self.members("tar", "--zstd", "-tf", pack) if "/pieces/" in name]
        self.assertTrue(pieces, "no member was left in part: the test shows too little")

    def test_the_point_restores_with_backupctl_and_without(self):
        self.call("check", "-q")
        self.call("verify", "-q")
        self.call("restore", "wiki", "--to", self.work / "restored", "-q", "--verify")
        self.assert_equals_tree(self.work / "restored")
        subprocess.run([sys.executable, self.repository / "rescue.py", "restore", "tree/wiki", "--to", self.work / "rescued"],
                       check=True, stdout=subprocess.DEVNULL)
        self.assert_equals_tree(self.work / "rescued")


if __name__ == "__main__":
    unittest.main()
