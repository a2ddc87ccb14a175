"""What these suites share: a repository with one tree, the calls of backupctl on it, and what each point must hold."""
import json
import os
import pathlib
import subprocess

BINARY = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
OK, FAILED, DEGRADED, NO_REPOSITORY, DAMAGED = 0, 1, 3, 10, 20
PATIENCE = 300


def content_of(directory):
    """The bytes of each file below a directory, by path."""
    directory = pathlib.Path(directory)
    return {str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


class Source:
    """One tree, its repository, and everything that was ever archived of it.

    What is written beside the repository lies in `work`: the repository may be on a disk of its own.
    """

    def __init__(self, work, repository, pack_size="1MiB"):
        self.work, self.repository = pathlib.Path(work), pathlib.Path(repository)
        self.tree = self.work / "tree"
        self.tree.mkdir()
        self.config = self.work / "config.yaml"
        self.config.write_text(json.dumps({
            "repository": {"path": str(self.repository)}, "state-directory": str(self.work / "state"),
            "parameters": {"pack-size": pack_size, "frame-size": "256KiB"},
            "trees": [{"name": "wiki", "path": str(self.tree)}]}))
        # By the name of the point: what it must give back.
        self.contents = {}

    @property
    def store(self):
        return self.repository / "sources/tree/wiki"

    def command(self, *words):
        return [BINARY, *map(str, words), "--config", str(self.config)]

    def start(self, *words):
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words):
        """A call, however it ends; its outputs are text."""
        return subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
                              check=False)

    def call(self, *words, codes=(OK,)):
        result = self.run(*words)
        if result.returncode not in codes:
            raise AssertionError(f"{' '.join(map(str, words))}: status {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def points(self):
        return sorted(path.stem for path in (self.store / "points").glob("*.json"))

    def packs(self):
        return sorted((self.store / "packs").glob("*.tar.zst"))

    def unfinished(self):
        return sorted(str(path) for path in self.repository.rglob("*.part"))

    def initialize(self):
        result = subprocess.run([BINARY, "init", "-q", str(self.repository)], capture_output=True, text=True, check=False)
        if result.returncode:
            raise AssertionError(f"init: status {result.returncode}\n{result.stderr}")

    def archive(self):
        """The new point, of which it is remembered what it holds."""
        before = set(self.points())
        self.call("archive", "wiki", "-q")
        [point] = set(self.points()) - before
        self.contents[point] = content_of(self.tree)
        return point

    def assert_whole(self, points=None):
        """Structure and data are without damage, and each point restores as it was archived."""
        self.call("check", "-q")
        self.call("verify", "-q")
        for number, point in enumerate(self.points() if points is None else points):
            target = self.work / f"restored-{os.getpid()}-{number}"
            self.call("restore", f"wiki@{point}", "--to", target, "-q")
            restored = content_of(target)
            subprocess.run(["rm", "-rf", str(target)], check=True)
            if restored != self.contents[point]:
                raise AssertionError(f"{point} restores as something else: {differing(restored, self.contents[point])}")


def differing(found, expected):
    """The paths whose contents aren't the same, the first ones."""
    return [path for path in sorted(found.keys() | expected.keys()) if found.get(path) != expected.get(path)][:10]
