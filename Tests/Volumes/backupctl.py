"""How these suites call backupctl and read what it left: the one place that knows its words and its files."""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys

BINARY = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
OK, DEGRADED = 0, 3
# All computing is many times slower in the guest.
PATIENCE = 300


class Backupctl:
    """A configuration with a repository and a state directory of its own, all below one directory.

    Unless `is_new`, they are there from an earlier life of the machine.
    """

    def __init__(self, work, is_new=True, **more):
        self.work = pathlib.Path(work)
        self.repository = self.work / "repository"
        self.config = self.work / "config.yaml"
        if is_new:
            self.configure(**more)
            self.call("init", "-q", str(self.repository), configured=False)

    def configure(self, **more):
        """Writes the configuration anew; JSON is YAML too."""
        self.config.write_text(json.dumps({
            "repository": {"path": str(self.repository)}, "state-directory": str(self.work / "state"),
            "coverage": {"roots": []}} | more))

    def command(self, *words, configured=True):
        return [BINARY, *words] + (["--config", str(self.config)] if configured else [])

    def start(self, *words):
        """A process with a session of its own, so that what it started can be told from all else."""
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def call(self, *words, codes=(OK,), configured=True):
        """What a call printed, on both outputs."""
        result = subprocess.run(self.command(*words, configured=configured), stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=PATIENCE, check=False)
        if codes is not None and result.returncode not in codes:
            raise AssertionError(f"{' '.join(words)}: status {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    # What is done with volumes, as words to pass to `call` and `start`.

    @staticmethod
    def archive(volume):
        return ["archive", "--volume", str(volume)]

    @staticmethod
    def take(volume):
        return ["snapshots", "take", str(volume)]

    def run_of(self, name, selection):
        """A run of a schedule that archives one selection; the way to images of opened LUKS volumes, and to files."""
        schedule = self.work / f"{name}.yaml"
        schedule.write_text(json.dumps({
            "resources": {"disk": 1}, "volumes": [selection | {"name": name}],
            "jobs": {"keep": {"kind": "archive", "volumes": name, "uses": "disk"}}}))
        return ["run", str(schedule)]

    def restore(self, volume, file):
        self.call("restore", f"volume/{volume}", "--to-file", str(file), "-q")

    def rescue(self, volume, directory):
        """Restores the newest point without backupctl; returns the image's path."""
        result = subprocess.run([sys.executable, str(self.repository / "rescue.py"), "restore",
                                 f"volume/{volume}@{self.points(volume)[-1]}", "--to", str(directory)],
                                capture_output=True, text=True, check=False)
        if result.returncode:
            raise AssertionError(f"rescue.py: status {result.returncode}\n{result.stdout}{result.stderr}")
        return pathlib.Path(directory) / "volume.img"

    # What it left.

    def points(self, volume):
        """The ids of a volume's points, oldest first."""
        directory = self.repository / "sources/volume" / str(volume) / "points"
        return sorted(path.stem for path in directory.glob("*.json"))

    def snapshots(self):
        """The names GROUP/SNAPSHOT that `snapshots list` shows."""
        rows = json.loads(self.call("snapshots", "list", "--json").stdout)
        return {row["name"] for row in rows}

    def leases(self):
        """What the catalog says is still there."""
        path = self.work / "state/catalog.sqlite"
        if not path.exists():
            return []
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return database.execute("SELECT kind, subject FROM lease").fetchall()
        finally:
            database.close()


def is_ours(tags):
    """Whether LVM's tags say that backupctl made a snapshot."""
    return "backupctl" in tags.split(",")


def is_base(tags):
    """Whether they say that the next difference begins at it."""
    return any(tag.startswith("backupctl.base") for tag in tags.split(","))
