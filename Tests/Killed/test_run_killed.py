#!/usr/bin/env python3
"""Kills real runs of a schedule at random moments, resumes each, and compares the end with that of a run left alone.

  BACKUPCTL=.build/debug/backupctl KILLS=200 SEED=1 python3 Tests/Killed/test_run_killed.py
"""
import filecmp
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kills import fill, kill_after  # noqa: E402

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
KILLS = int(os.environ.get("KILLS", "16"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1 << 32))))
SOURCES = ["alpha", "beta", "gamma"]


class KilledRun(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-killed-run-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.chance = random.Random(SEED)
        for number, name in enumerate(SOURCES):
            fill(self.work / name, number * 100, files=12, directories=3, smallest=30_000, step=9_000)
        (self.work / "scratch").mkdir()
        (self.work / "config.yaml").write_text(json.dumps({
            "repository": {"path": str(self.work / "repository")},
            "state-directory": str(self.work / "state"),
            "trees": [{"name": name, "path": str(self.work / name)} for name in SOURCES],
            "parameters": {"pack-size": "1MiB", "frame-size": "256KiB"}}))
        (self.work / "killed.yaml").write_text(
            "resources: {disk: 1}\n"
            "jobs:\n"
            f"  keep:   {{kind: archive, trees: [{', '.join(SOURCES)}], uses: disk}}\n"
            "  verify: {kind: verify, of: keep, uses: disk}\n"
            "  drill:  {kind: drill, of: keep, after: verify, uses: disk}\n")
        self.begin_anew()

    def begin_anew(self):
        shutil.rmtree(self.work / "repository", ignore_errors=True)
        shutil.rmtree(self.work / "state", ignore_errors=True)
        self.call("init", "-q", str(self.work / "repository"), configured=False)

    def command(self, *arguments, configured=True):
        return [BACKUPCTL, *arguments] + (["--config", str(self.work / "config.yaml")] if configured else [])

    def call(self, *arguments, codes=(0,), configured=True):
        result = subprocess.run(self.command(*arguments, configured=configured), capture_output=True, text=True,
                                stdin=subprocess.DEVNULL, timeout=120)
        self.assertIn(result.returncode, codes, f"{arguments}\n{result.stdout}{result.stderr}")
        return result

    def run_command(self, *more):
        return ["run", str(self.work / "killed.yaml"), "--scratch", str(self.work / "scratch"), "-q", *more]

    def kill_after(self, seconds):
        """Whether the run was still going on."""
        process = subprocess.Popen(self.command(*self.run_command()), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        return kill_after(process, seconds)

    def finish(self):
        """Goes on with the run that was killed; begins one if the kill came before it began."""
        result = self.call(*self.run_command("--resume"), codes=(0, 64))
        if result.returncode == 64:
            self.assertIn("no run of", result.stderr)
            self.call(*self.run_command())
        elif "nothing to resume" in result.stderr:
            # The last run that began had ended well.
            self.call(*self.run_command())

    def assert_as_if_left_alone(self):
        database = sqlite3.connect(f"file:{self.work}/state/catalog.sqlite?mode=ro", uri=True)
        try:
            self.assertEqual(database.execute("SELECT kind, subject FROM lease").fetchall(), [])
            states = [row[0] for row in database.execute("SELECT state FROM run ORDER BY rowid")]
        finally:
            database.close()
        self.assertEqual(states[-1], "ok")
        self.assertTrue(set(states[:-1]) <= {"died", "ok"}, states)
        self.call("check", "-q")
        self.assertEqual(list((self.work / "scratch").iterdir()), [])
        left = [str(path) for path in (self.work / "repository").rglob("*")
                if path.name.endswith((".part", ".checkpoint"))]
        self.assertEqual(left, [])
        for name in SOURCES:
            target = self.work / "restored"
            shutil.rmtree(target, ignore_errors=True)
            self.call("restore", name, "--to", str(target), "-q")
            self.assert_same(self.work / name, target)

    def assert_same(self, left, right):
        compared = filecmp.dircmp(left, right, ignore=[])
        self.assertEqual((compared.left_only, compared.right_only, compared.funny_files), ([], [], []))
        _, different, failed = filecmp.cmpfiles(left, right, compared.common_files, shallow=False)
        self.assertEqual((different, failed), ([], []))
        for name in compared.common_dirs:
            self.assert_same(left / name, right / name)

    def test_ends_as_if_left_alone_wherever_it_is_killed(self):
        begun = time.monotonic()
        self.call(*self.run_command())
        whole = time.monotonic() - begun
        self.assert_as_if_left_alone()
        killed = rounds = 0
        # Some rounds end before their kill; it is the kills that count.
        while killed < KILLS and rounds < 4 * KILLS:
            number = rounds
            rounds += 1
            # Half of the kills hit a first run, half a later one in which one file has changed.
            if number % 2 == 0:
                self.begin_anew()
            else:
                path = self.work / self.chance.choice(SOURCES) / "d1" / "f1"
                path.write_bytes(self.chance.randbytes(50_000))
            delay = self.chance.uniform(0, whole)
            with self.subTest(number=number, seed=SEED, delay=delay):
                killed += self.kill_after(delay)
                self.finish()
                self.assert_as_if_left_alone()
        print(f"seed {SEED}: {killed} of {rounds} runs were killed before their end", file=sys.stderr)
        self.assertEqual(killed, KILLS)


if __name__ == "__main__":
    unittest.main()
