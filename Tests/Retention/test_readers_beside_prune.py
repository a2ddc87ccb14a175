#!/usr/bin/env python3
"""Everything that only reads, of all points, in several processes, while points come, are forgotten and pruned.

  BACKUPCTL=.build/debug/backupctl READ_SECONDS=600 GRACE=20 READERS=4 SEED=1 python3 Tests/Retention/test_readers_beside_prune.py

None may fail, and none may give anything but what was archived. There is one exception, told from outside by what is seen: a reader that
names a point may end with 1 and say that there is none if the call that forgets this point began before the reader ended, and if the reader
has written nothing, neither output nor target. Then it came too late: it hadn't read the point's file, which is the first
thing that it reads. A reader that has read that file has begun, and ends well whatever is forgotten and pruned beside it, as long as it
doesn't take longer than the grace. One that does proves nothing; such are counted, and are few.
"""
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from sources import FAILED, OK, Source, content_of, differing  # noqa: E402

READ_SECONDS = float(os.environ.get("READ_SECONDS", "15"))
GRACE = int(os.environ.get("GRACE", "10"))
READERS = int(os.environ.get("READERS", "3"))
SEED = int(os.environ.get("SEED", str(random.SystemRandom().randrange(1 << 24))))
KEPT = 5
# Gone before it was chosen, and between that and the reading of its file.
TOO_LATE = ("cannot select a point of", "cannot open the point")
# What looks at all points, and changes nothing.
LOOKS = [["points", "wiki"], ["points"], ["find", "wiki", "large", "--all-points"], ["history", "wiki"], ["prune", "--dry-run"],
         ["forget", "--keep", "last=2", "--dry-run"]]


class ReadersBesidePrune(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="backupctl-readers-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.chance = random.Random(SEED)
        self.source = Source(self.work, self.work / "repository")
        self.source.initialize()
        (self.source.tree / "large").write_bytes(self.chance.randbytes(3 << 20))
        for number in range(40):
            self.write(number)
        # When the call that forgets a point was begun; written before it is.
        self.forgotten = {}
        self.failures, self.counts = [], {"whole": 0, "came too late": 0, "slower than the grace": 0}
        self.lock = threading.Lock()
        self.ended = threading.Event()

    def write(self, number):
        path = self.source.tree / f"d{number % 5}" / f"f{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(self.chance.randbytes(self.chance.randrange(1000, 60_000)))

    def edit(self):
        """Some small files anew, one gone, a part of the large one changed."""
        for _ in range(3):
            self.write(self.chance.randrange(40))
        (self.source.tree / "d1" / f"f{5 * self.chance.randrange(8) + 1}").unlink(missing_ok=True)
        with open(self.source.tree / "large", "r+b") as file:
            file.seek(self.chance.randrange(2 << 20))
            file.write(self.chance.randbytes(300_000))

    # What changes the repository: one process at a time.

    def change(self):
        self.edit()
        self.source.archive()
        # Any but the newest, the one that was made a moment ago too; so packs lose needed neighbours of all ages.
        while len(self.source.points()) > KEPT:
            point = self.chance.choice(self.source.points()[:-1])
            self.forgotten[point] = time.monotonic()
            self.source.call("forget", f"wiki@{point}", "--yes", "-q")
        self.source.call("prune", "--grace", f"{GRACE}s", "--rewrite-below", self.chance.choice(["70%", "100%"]), "--yes", "-q")

    # What reads it.

    def read(self, number):
        chance = random.Random(f"{SEED} {number}")
        target = self.work / f"target-{number}"
        while not self.ended.is_set():
            points = self.source.points()
            point = chance.choice(points)
            with self.lock:
                expected = self.source.contents.get(point)
            # Published a moment ago, and not yet noted by the one who archives.
            if expected is None:
                continue
            path = chance.choice(sorted(expected))
            kind, *words = chance.choice([
                ("restore", "restore", f"wiki@{point}", "--to", target, "-q", *chance.choice([[], ["--verify"]])),
                ("restore", "restore", f"wiki@{point}", "--to", target, "-q"),
                ("cat", "cat", f"wiki@{point}", path),
                ("ls", "ls", f"wiki@{point}", "-R"),
                ("all", "verify", "-q"),
                ("all", "check", "-q"),
                ("all", "check", "-q"),
                ("all", *chance.choice(LOOKS))])
            begun = time.monotonic()
            process = self.source.start(*words)
            output, errors = process.communicate()
            ended = time.monotonic()
            problem = self.problem(kind, process.returncode, output, errors.decode(), point, path, expected, target, ended)
            with self.lock:
                if problem and problem != "came too late" and ended - begun > GRACE:
                    problem = "slower than the grace"
                self.counts["whole"] += problem is None
                if problem in self.counts:
                    self.counts[problem] += 1
                elif problem:
                    self.failures.append(f"{' '.join(map(str, words))}, {ended - begun:.1f} s: {problem}")
            shutil.rmtree(target, ignore_errors=True)

    def problem(self, kind, status, output, errors, point, path, expected, target, ended):
        """What was wrong with a reader that has ended; None if nothing was."""
        if status == FAILED and any(text in errors for text in TOO_LATE) and kind in ("restore", "cat", "ls"):
            if self.forgotten.get(point, ended) < ended and not output and not target.exists():
                return "came too late"
        if status != OK:
            return f"status {status}\n{output.decode(errors='replace')}{errors}"
        if kind == "cat" and output != expected[path]:
            return f"{path} of {point} is something else"
        if kind == "restore" and (found := content_of(target)) != expected:
            return f"{point} restores as something else: {differing(found, expected)}"
        return None

    def test_none_fails_or_gives_anything_else_while_points_are_archived_forgotten_and_pruned(self):
        for _ in range(KEPT):
            self.edit()
            self.source.archive()
        readers = [threading.Thread(target=self.read, args=[number]) for number in range(READERS)]
        for reader in readers:
            reader.start()
        rounds, begun = 0, time.monotonic()
        try:
            while time.monotonic() - begun < READ_SECONDS and not self.failures:
                self.change()
                rounds += 1
        finally:
            self.ended.set()
            for reader in readers:
                reader.join()
        print(f"seed {SEED}: {rounds} rounds, {len(self.forgotten)} points forgotten, readers: {self.counts}", file=sys.stderr)
        self.assertEqual(self.failures, [], f"seed {SEED}, {rounds} rounds")
        self.assertGreater(len(self.forgotten), 3)
        self.assertGreater(self.counts["whole"], 4 * READERS)
        self.assertLess(self.counts["slower than the grace"], self.counts["whole"] // 10 + 2)
        self.assertTrue(self.pruned(), "no pack was ever pruned: the test shows nothing")
        self.source.assert_whole()

    def pruned(self):
        text = (self.source.store / "attestations.jsonl").read_text()
        return any('"action":"prune"' in line and '"made"' in line for line in text.splitlines())


if __name__ == "__main__":
    unittest.main()
