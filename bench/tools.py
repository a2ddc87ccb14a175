"""The tools that are compared, each as the shell commands that a user would type.

A command sees $SRC (the corpus; also the working directory), $REPO (which `init` makes), $GEN (this archive's name),
$PREV (the name of the one before, empty at the first), $OUT (an empty directory), $FILE (the file to restore,
relative to $SRC), and $HOME, a directory of its own for caches and keys. Restores take the newest archive.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

BORG_REQUIREMENT = "borgbackup==1.4.*"
BORG_PACKAGES = "libssl-dev libacl1-dev liblz4-dev libzstd-dev libxxhash-dev pkg-config python3-dev gcc"


@dataclass
class Tool:
    title: str
    version: str
    init: str = 'mkdir "$REPO"'
    archive: str = ""
    one_file: str = ""
    restore: str = ""
    verify: str = ""
    programs: tuple = ()
    environment: dict = field(default_factory=dict)

    def command(self, step):
        """The command for a step; empty if the tool has none."""
        by_step = {"one-file": self.one_file, "restore": self.restore, "verify": self.verify}
        return by_step.get(step, self.archive)


TOOLS = {
    "backupctl": Tool(
        title="backupctl", version='"$BACKUPCTL" --version',
        init='"$BACKUPCTL" init "$REPO"',
        archive='"$BACKUPCTL" archive "$SRC" --as bench',
        one_file='"$BACKUPCTL" restore bench --to "$OUT" --path "$FILE"',
        restore='"$BACKUPCTL" restore bench --to "$OUT"',
        verify='"$BACKUPCTL" verify bench',
        environment={"BACKUPCTL_REPOSITORY": "$REPO"}),
    "tar": Tool(
        title="tar + zstd", version="tar --version | head -1; zstd --version", programs=("tar", "zstd"),
        archive='tar -cf - . | zstd -q -T0 -3 -o "$REPO/$GEN.tar.zst"',
        one_file='zstd -qdc "$REPO/$GEN.tar.zst" | tar -xpf - -C "$OUT" "./$FILE"',
        restore='zstd -qdc "$REPO/$GEN.tar.zst" | tar -xpf - -C "$OUT"',
        verify='zstd -qt "$REPO/$GEN.tar.zst"'),
    "rsync": Tool(
        title="rsync --link-dest", version="rsync --version | head -1", programs=("rsync",),
        archive='rsync -aHAX ${PREV:+--link-dest="$REPO/$PREV"} ./ "$REPO/$GEN/"',
        one_file='cp -a "$REPO/$GEN/$FILE" "$OUT/"',
        restore='rsync -aHAX "$REPO/$GEN/" "$OUT/"'),
    "restic": Tool(
        title="restic", version="restic version", programs=("restic",),
        init="restic init --repository-version 2",
        archive="restic backup -q .",
        one_file='restic restore -q latest --target "$OUT" --include "/$FILE"',
        restore='restic restore -q latest --target "$OUT"',
        verify="restic check -q --read-data",
        environment={"RESTIC_REPOSITORY": "$REPO", "RESTIC_PASSWORD": "bench"}),
    "borg": Tool(
        title="borg", version="borg --version",
        init="borg init --encryption=repokey",
        archive='borg create --compression zstd,3 "::$GEN" .',
        one_file='cd "$OUT" && borg extract "::$GEN" "$FILE"',
        restore='cd "$OUT" && borg extract "::$GEN"',
        verify="borg check --verify-data",
        environment={"BORG_REPO": "$REPO", "BORG_PASSPHRASE": "bench"}),
    # Not a backup tool: the cost of looking at every entry's metadata, the floor for an unchanged tree.
    "find": Tool(
        title="find -printf", version="find --version | head -1", programs=("find",),
        archive=r"find . -printf '%p %s %T@ %C@ %i %m %U %G\n' > /dev/null"),
}

STEPS = ("first", "unchanged", "edited", "updated", "one-file", "restore", "verify")
ARCHIVES = ("first", "unchanged", "edited", "updated")
TITLES = {"first": "first archive", "unchanged": "unchanged", "edited": "1 % edited",
          "updated": "database updated in place", "one-file": "one file", "restore": "full restore",
          "verify": "verify"}


def available(names, binary):
    """Returns the tools of `names` that this machine can run, and says of each other one why it is left out."""
    usable = []
    for name in names:
        missing = [program for program in TOOLS[name].programs if not shutil.which(program)]
        if name == "backupctl" and not os.access(binary, os.X_OK):
            missing = [f"{binary} (built by `swift build -c release`, or named with --binary)"]
        if name == "borg" and not _borg_in_reach():
            missing = [f"borg 1.4 (building it needs {BORG_PACKAGES})"]
        if missing:
            print(f"bench: {name} is left out: there is no {' and no '.join(missing)}", file=sys.stderr)
        else:
            usable.append(name)
    return usable


def _borg_in_reach():
    """Finds borg 1.4 on the PATH or in our cache, else installs it into the cache; extends the PATH accordingly."""
    if shutil.which("borg") and _output("borg --version").startswith("borg 1.4"):
        return True
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    home = os.path.join(cache, "backupctl-bench", "borg-1.4")
    if not os.path.exists(os.path.join(home, "bin", "borg")):
        print(f"bench: installing {BORG_REQUIREMENT} into {home}", file=sys.stderr)
        made = subprocess.run([sys.executable, "-m", "venv", home], check=False, capture_output=True, text=True)
        if made.returncode == 0:
            made = subprocess.run([os.path.join(home, "bin", "pip"), "install", "--quiet", BORG_REQUIREMENT],
                                  check=False, capture_output=True, text=True)
        if made.returncode != 0:
            reason = (made.stderr.strip() or made.stdout.strip() or "no message").splitlines()[-1]
            print(f"bench: cannot install {BORG_REQUIREMENT}: {reason}", file=sys.stderr)
            return False
    os.environ["PATH"] = os.path.join(home, "bin") + os.pathsep + os.environ["PATH"]
    return _output("borg --version").startswith("borg 1.4")


def _output(command, environment=None):
    return subprocess.run(["bash", "-c", command], check=False, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, env=environment).stdout.strip()


def versions(names, binary):
    """Returns what each tool says about its version, in one line."""
    environment = dict(os.environ, BACKUPCTL=binary, LC_ALL="C.UTF-8")
    return {name: "; ".join(line.strip("* ") for line in _output(TOOLS[name].version, environment).splitlines())
            for name in names}


def environment(name, home, binary, **names):
    """The whole environment of a tool's command: nothing of the caller's settings but where programs are."""
    result = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH") if key in os.environ}
    result.update(names, HOME=home, LC_ALL="C.UTF-8", BACKUPCTL=binary)
    for key, value in TOOLS[name].environment.items():
        result[key] = value.replace("$REPO", names["REPO"])
    return result
