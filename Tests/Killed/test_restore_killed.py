#!/usr/bin/env python3
"""Kills real restores in place at random moments, goes on with each or takes it back, and compares what is live.

  BACKUPCTL=.build/debug/backupctl KILLS=200 SEED=1 python3 Tests/Killed/test_restore_killed.py
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kills import fill, kill_after  # noqa: E402

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
KILLS = int(os.environ.get("KILLS", "12"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1 << 32))))
TREES = ["one/app", "two/app"]
# So many names at the top of a mount point that a kill falls between two of their exchanges.
NAMES = 3000


def content(tree):
    """Every path of a tree with what is there; None if the tree isn't there."""
    if not tree.is_dir():
        return None
    return {str(path.relative_to(tree)): path.read_bytes() if path.is_file() else None
            for path in sorted(tree.rglob("*"))}


class Watch(threading.Thread):
    """Looks at live names all the time."""

    def __init__(self, trees):
        super().__init__(daemon=True)
        self.trees, self.missing, self.is_over = trees, [], threading.Event()

    def run(self):
        while not self.is_over.is_set():
            self.missing += [str(tree) for tree in self.trees if not os.path.isdir(tree)]


class KilledRestore(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-killed-restore-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.chance = random.Random(SEED)
        for number, tree in enumerate(TREES):
            fill(self.work / tree, number * 100, files=40, directories=4, smallest=20_000, step=3_000)
        (self.work / "config.yaml").write_text(json.dumps({
            "repository": {"path": str(self.work / "repository")},
            "trees": [{"name": name, "path": str(self.work / name), "each-child": True} for name in ["one", "two"]]}))
        self.call("init", "-q", str(self.work / "repository"), configured=False)
        self.call("archive", "-q", "one", "two")
        self.new = [content(self.work / tree) for tree in TREES]
        for tree in TREES:
            (self.work / tree / "d0" / "f0").write_bytes(b"changed")
            shutil.rmtree(self.work / tree / "d1")
            (self.work / tree / "later").write_bytes(b"later")
        self.old = [content(self.work / tree) for tree in TREES]

    def command(self, *arguments, configured=True):
        return [BACKUPCTL, *arguments] + (["--config", str(self.work / "config.yaml")] if configured else [])

    def environment(self):
        return os.environ | {"STATE_DIRECTORY": str(self.work / "state")}

    def call(self, *arguments, codes=(0,), configured=True):
        result = subprocess.run(self.command(*arguments, configured=configured), capture_output=True, text=True,
                                stdin=subprocess.DEVNULL, timeout=120, env=self.environment())
        self.assertIn(result.returncode, codes, f"seed {SEED}: {arguments}\n{result.stdout}{result.stderr}")
        return result

    def kill_after(self, seconds, *arguments):
        """Whether the command was still at work."""
        process = subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, env=self.environment())
        return kill_after(process, seconds)

    def live(self):
        return [content(self.work / tree) for tree in TREES]

    def unfinished(self):
        restores = json.loads(self.call("restore", "list", "--json").stdout)
        return [restore["restore"] for restore in restores if restore["state"] == "unfinished"]

    def latest(self):
        restores = json.loads(self.call("restore", "list", "--json").stdout)
        return restores[-1]["restore"] if restores else None

    def assert_each_whole(self):
        for tree, old, new in zip(self.live(), self.old, self.new):
            self.assertTrue(tree in (old, new), f"seed {SEED}: a tree is neither the old nor the new one")

    def forget_all(self):
        for restore in json.loads(self.call("restore", "list", "--json").stdout):
            self.call("restore", "-q", "--forget", restore["restore"], "--yes")
        left = [path for tree in ("one", "two") for path in (self.work / tree).glob(".backupctl-restore*")]
        self.assertEqual(left, [])

    def test_ends_in_the_new_or_the_old_state(self):
        begun = time.monotonic()
        self.call("restore", "-q", "app", "--in-place", "--yes")
        usual = time.monotonic() - begun
        self.assertEqual(self.live(), self.new)
        self.call("restore", "-q", "--undo", "--yes")
        self.assertEqual(self.live(), self.old)
        self.forget_all()
        killed = 0
        for round in range(KILLS):
            watch = Watch([self.work / tree for tree in TREES])
            watch.start()
            killed += self.kill_after(self.chance.uniform(0, usual * 1.1), "restore", "-q", "app", "--in-place", "--yes")
            self.assert_each_whole()
            # Killed again on the way, perhaps.
            way = self.chance.choice(["--resume", "--undo"])
            if self.unfinished() and self.chance.random() < 0.5:
                killed += self.kill_after(self.chance.uniform(0, usual), "restore", "-q", way, "--yes")
                self.assert_each_whole()
            if way == "--undo":
                if self.latest():
                    done = self.call("restore", "-q", "--undo", self.latest(), "--yes", codes=(0, 1))
                    self.assertTrue(done.returncode == 0 or "it was taken back" in done.stderr, done.stderr)
                self.assertEqual(self.live(), self.old, f"seed {SEED}, round {round}")
            else:
                if self.unfinished():
                    self.call("restore", "-q", "--resume")
                elif not self.latest():
                    self.call("restore", "-q", "app", "--in-place", "--yes")
                self.assertEqual(self.live(), self.new, f"seed {SEED}, round {round}")
                self.call("restore", "-q", "--undo", "--yes")
                self.assertEqual(self.live(), self.old, f"seed {SEED}, round {round}")
            watch.is_over.set()
            watch.join()
            self.assertEqual(watch.missing, [], f"seed {SEED}: a live name did not resolve")
            self.forget_all()
        print(f"seed {SEED}: {killed} kills in {KILLS} rounds", flush=True)
        self.assertGreater(killed, KILLS // 4)

    @unittest.skipUnless(os.geteuid() == 0, "needs root to be somebody else")
    def test_changes_nothing_without_the_right_to(self):
        self.work.chmod(0o755)
        for path in [self.work / "repository", *(self.work / "repository").rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        (self.work / "theirs").mkdir()
        os.chown(self.work / "theirs", 65534, 65534)
        # The build may be where somebody else may not go, such as in root's home.
        program = shutil.copy(BACKUPCTL, self.work / "theirs/backupctl")
        result = subprocess.run(
            [program, *self.command("restore", "app", "--in-place", "--yes", "--state",
                                    str(self.work / "theirs/state"))[1:]],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, user=65534, group=65534,
            extra_groups=[])
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(f"error: cannot restore in place to {self.work}/one/app: nothing may be made beside it\n"
                      "cause: mkdir: EACCES\nhint: nothing was changed; run it as root\n", result.stderr)
        self.assertEqual(self.live(), self.old)
        left = self.call("restore", "list", "--json", "--state", str(self.work / "theirs/state"))
        self.assertEqual(json.loads(left.stdout), [])


def cannot_mount(kind):
    """Why no file system of a kind can be made and mounted here; None if one can."""
    if os.geteuid() != 0:
        return "needs root to mount"
    missing = [name for name in (f"mkfs.{kind}", "mount", "losetup") if not shutil.which(name)]
    if missing:
        return f"there is no {' and no '.join(missing)}"
    return None if os.path.exists("/dev/loop-control") else "there are no loop devices"


class KilledRestoreOfMountPoint(unittest.TestCase):
    """The same where the live directory is a file system of its own: all names in it are exchanged."""

    def begin(self, kind):
        reason = cannot_mount(kind)
        if reason:
            self.skipTest(reason)
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-killed-mount-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.chance = random.Random(SEED)
        self.app = self.work / "app"
        self.app.mkdir()
        with open(self.work / "image", "wb") as image:
            image.truncate(400 << 20)
        self.run_tool(f"mkfs.{kind}", "-q", self.work / "image")
        self.mount()
        self.addCleanup(lambda: subprocess.run(["umount", self.app], check=False, stderr=subprocess.DEVNULL))
        for number in range(NAMES):
            (self.app / f"f{number}").write_bytes(b"%d" % number)
        fill(self.app, 1, files=20, directories=4, smallest=20_000, step=3_000)
        os.setxattr(self.app, "user.color", b"red")
        self.app.chmod(0o2750)
        if shutil.which("setfacl"):
            self.run_tool("setfacl", "-m", "u:33:rx,d:u:34:rwx", self.app)
        os.utime(self.app, ns=(10**18, 10**18 + 7))
        (self.work / "config.yaml").write_text(json.dumps({
            "repository": {"path": str(self.work / "repository")}, "trees": [{"name": "app", "path": str(self.app)}]}))
        self.call("init", "-q", str(self.work / "repository"), configured=False)
        self.call("archive", "-q", "app")
        self.new = self.state()
        for number in range(0, NAMES, 2):
            (self.app / f"f{number}").unlink()
        for number in range(0, NAMES, 3):
            (self.app / f"f{number}").write_bytes(b"changed")
        # The first and the last name in the order in which they are exchanged.
        (self.app / "AAA").write_bytes(b"later")
        (self.app / "zzz").write_bytes(b"later")
        shutil.rmtree(self.app / "d1")
        if shutil.which("setfacl"):
            self.run_tool("setfacl", "-b", self.app)
            self.run_tool("setfacl", "-m", "g:35:x", self.app)
        os.removexattr(self.app, "user.color")
        os.setxattr(self.app, "user.shape", b"round")
        os.chown(self.app, 12, 13)
        self.app.chmod(0o711)
        os.utime(self.app, ns=(10**18, 11 * 10**17))
        self.old = self.state()

    def run_tool(self, *words):
        subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)

    def mount(self):
        self.run_tool("mount", "-o", "loop", self.work / "image", self.app)

    command, environment, call = KilledRestore.command, KilledRestore.environment, KilledRestore.call
    kill_after, unfinished, latest = KilledRestore.kill_after, KilledRestore.unfinished, KilledRestore.latest

    def names(self):
        return {name for name in os.listdir(self.app)
                if name != "lost+found" and not name.startswith(".backupctl-restore-")}

    def content(self):
        found = {}
        for name in self.names():
            path = self.app / name
            found[name] = content(path) if path.is_dir() else path.read_bytes()
        return found

    def root(self):
        status = self.app.stat()
        return (status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns,
                {name: os.getxattr(self.app, name) for name in sorted(os.listxattr(self.app))
                 if not name.startswith("security.")})

    def state(self):
        return self.content(), self.root()

    def is_mixture(self):
        """Whether neither state is there as a whole; each name is of one of the two."""
        live, old, new = self.content(), self.old[0], self.new[0]
        for name in old.keys() | new.keys() | live.keys():
            self.assertIn(live.get(name), (old.get(name), new.get(name)), f"seed {SEED}: {name} is neither old nor new")
        return live not in (old, new)

    def kill_while_exchanging(self, *arguments):
        """Kills a command as soon as the first name has changed places, or some moments later."""
        process = subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, env=self.environment())
        names = [str(self.app / name) for name in ("AAA", "zzz")]
        before = [os.path.exists(name) for name in names]
        while process.poll() is None and [os.path.exists(name) for name in names] == before:
            pass
        return kill_after(process, self.chance.uniform(0, 0.02))

    def kill(self, usual, *arguments):
        if self.chance.random() < 0.7:
            return self.kill_while_exchanging(*arguments)
        return self.kill_after(self.chance.uniform(0, usual * 1.1), *arguments)

    def check(self, kind):
        self.begin(kind)
        begun = time.monotonic()
        self.call("restore", "-q", "app", "--in-place", "--yes")
        usual = time.monotonic() - begun
        self.assertEqual(self.state(), self.new)
        self.assertEqual(self.call("diff", "app", str(self.app)).stdout, "")
        self.call("restore", "-q", "--undo", "--yes")
        self.assertEqual(self.state(), self.old)
        self.call("restore", "-q", "--forget", self.latest(), "--yes")
        killed = mixtures = 0
        rounds = max(4, KILLS // 4)
        for round in range(5 * rounds):
            # Where kills fall is chance: it goes on until one fell between two names.
            if round >= rounds and mixtures:
                break
            os.utime(self.app, ns=(10**18, self.old[1][3]))
            killed += self.kill(usual, "restore", "-q", "app", "--in-place", "--yes")
            mixtures += self.is_mixture()
            way = self.chance.choice(["--resume", "--undo"])
            if self.unfinished() and self.chance.random() < 0.5:
                killed += self.kill(usual, "restore", "-q", way, "--yes")
                mixtures += self.is_mixture()
            # As after a start of the host.
            self.run_tool("umount", self.app)
            self.mount()
            if self.latest():
                if self.unfinished():
                    # Killed on the way back, it can only go on with that.
                    done = self.call("restore", "-q", way, *([self.latest()] if way == "--undo" else []), "--yes", codes=(0, 1))
                    self.assertTrue(done.returncode == 0 or "it was taken back" in done.stderr, done.stderr)
                if self.call("restore", "list", "--json").stdout.find('"state" : "restored"') >= 0:
                    self.assertEqual(self.state(), self.new, f"seed {SEED}, round {round}")
                    self.call("restore", "-q", "--undo", "--yes")
                kept = list(self.app.glob(".backupctl-restore-*"))
                if kept:
                    self.assertEqual(self.state(), self.old, f"seed {SEED}, round {round}")
                    self.call("restore", "-q", "--forget", self.latest(), "--yes")
            self.assertEqual(self.content(), self.old[0], f"seed {SEED}, round {round}")
            self.assertEqual(list(self.app.glob(".backupctl-restore-*")), [])
        print(f"seed {SEED}, {kind}: {killed} kills in {round} rounds, {mixtures} between two names", flush=True)
        self.assertGreater(killed, rounds // 4)
        self.assertGreater(mixtures, 0, "no kill fell between two names")

    def test_ends_in_the_new_or_the_old_state_on_ext4(self):
        self.check("ext4")

    def test_ends_in_the_new_or_the_old_state_on_xfs(self):
        self.check("xfs")


if __name__ == "__main__":
    unittest.main(verbosity=2)
