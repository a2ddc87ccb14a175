"""A world in which a runbook's commands find the host that the page speaks of.

Its /etc, /srv, /mnt, /var, /run and /tmp are directories of its own, all else of this machine is read-only there; it has its own
processes and its own network. `systemctl` starts and stops what the test says: no systemd is there.
"""
import calendar
import contextlib
import hashlib
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import textwrap
import time

import pages

HERE = pathlib.Path(__file__).resolve().parent
PAGES = HERE.parents[1] / "docs/runbooks"
BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
ENTER = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--net"]
SECONDS = 300
HOUR, DAY = 3600, 86400
SYSTEMCTL = """#!/bin/sh
# Stands in for systemd's: a unit is a program that is told what to do.
action=$1; shift
for unit; do
  [ -x /run/world/units/$unit ] || { echo "Unit $unit.service not found." >&2; exit 5; }
  /run/world/units/$unit $action || exit
done
"""
# A service that works in its directory, as programs do.
SERVICE = """#!/bin/sh
case $1 in
  start) [ -e /run/{name}.pid ] || {{ cd {directory} && {{ setsid sleep 1000 & echo $! > /run/{name}.pid; }}; }} ;;
  stop) kill $(cat /run/{name}.pid) && rm /run/{name}.pid ;;
esac
"""


def unusable():
    """Why no world can be made here; None if one can."""
    if os.geteuid() != 0:
        return "only root can make a world with its own mounts"
    made = subprocess.run([*ENTER, "true"], capture_output=True, text=True, check=False)
    return None if made.returncode == 0 else f"no world can be made: {made.stderr.strip()}"


class World:
    """One page's world; `page` is the name of its file."""

    def __init__(self, page, text=None):
        self.page = page
        self.blocks = pages.blocks(text or (PAGES / page).read_text(encoding="utf-8"))
        self.next, self.ids, self.left_out, self.executed, self.asked = 0, {}, [], 0, 0
        self.directory = tempfile.mkdtemp(prefix="bctl-r-", dir="/tmp")
        self.process = subprocess.Popen([*ENTER, "bash", str(HERE / "enter.sh"), self.directory], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env={"BACKUPCTL": BACKUPCTL, "PATH": os.environ["PATH"]})
        if self.answer() != "ready":
            self.close()
            raise AssertionError("a world can't be made; see above")
        self.root = f"/proc/{child(self.process.pid)}/root"
        self.program("systemctl", SYSTEMCTL)

    def close(self):
        """Ends all its processes, and with them it is gone."""
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        os.rmdir(self.directory)

    # What a test does

    def path(self, path):
        """By which name this machine sees a path of the world."""
        return pathlib.Path(self.root + path)

    def write(self, path, content):
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_bytes(content.encode() if isinstance(content, str) else content)

    def program(self, name, text):
        self.write("/usr/local/bin/" + name, text)
        self.path("/usr/local/bin/" + name).chmod(0o755)

    def unit(self, name, text):
        self.write("/run/world/units/" + name, text)
        self.path("/run/world/units/" + name).chmod(0o755)

    def service(self, name, directory):
        self.unit(name, SERVICE.format(name=name, directory=directory))
        self.run(f"systemctl start {name}")

    def works_in(self, name):
        """The directory in which a service works, by the kernel's word."""
        return self.run(f"readlink /proc/$(cat /run/{name}.pid)/cwd").strip()

    def run(self, script, code=0):
        """What commands print, in a shell of their own."""
        ended, output = self.ask("hook", script)
        assert ended == code, f"{script}\nended with code {ended}:\n{output}"
        return output

    def archive(self, *names, age=0):
        """Archives sources, and makes their new points as old as is said, in seconds."""
        self.run("backupctl archive " + " ".join(names))
        for points in self.path("/mnt/backup/backupctl/sources").rglob("points"):
            if age:
                make_older(points, age)

    def ask(self, kind, script):
        self.asked += 1
        name = f"{self.asked:03}"
        self.write(f"/run/world/{name}.sh", script)
        self.process.stdin.write(f"{kind} {name}\n")
        self.process.stdin.flush()
        answer = self.answer()
        if answer and answer.startswith("ended "):
            return int(answer.split()[1]), self.process.stdout.read()
        assert answer != "", f"{script}\nended the world"
        output = self.path(f"/run/world/{name}.out").read_text(encoding="utf-8", errors="replace")
        if answer is None:
            self.process.kill()
            raise AssertionError(f"{script}\ntook more than {SECONDS} s:\n{output}")
        return int(answer), output

    def answer(self):
        """The next line of its process 1; None if it takes too long, empty if it has ended."""
        ready, _, _ = select.select([self.process.stdout], [], [], SECONDS)
        return self.process.stdout.readline().strip() if ready else None

    # What a page says

    def follow(self, section):
        """Executes the blocks of the next section that has some, and compares what they print with what the page shows."""
        output, begun = None, self.next
        while self.next < len(self.blocks) and self.blocks[self.next].section == section:
            block = self.blocks[self.next]
            self.next += 1
            place = f"docs/runbooks/{self.page}:{block.line}"
            if block.is_commands:
                output = self.execute(block, place)
            elif output is not None:
                missing = pages.not_printed(block.text, output, self.ids)
                assert missing is None, f"{place}: `{missing}` isn't in what was printed:\n{output}"
        assert self.next > begun, f"{self.page}: the next block isn't below `{section}` but `{self.upcoming}`"

    def execute(self, block, place):
        """What a block prints; None if it isn't executed."""
        reason = block.reason or (block.program and not shutil.which(block.program) and f"{block.program} is not installed")
        if reason:
            self.left_out.append((place, reason))
            return None
        commands = pages.ID.sub(self.meant, block.text)
        ended, output = self.ask("page", commands)
        self.executed += 1
        if os.environ.get("TRACE"):
            print(f"{place}\n{commands}{textwrap.indent(output, '  | ')}", flush=True)
        assert ended == 0, f"{place}: ended with code {ended}:\n{commands}\n{output}"
        return output

    def meant(self, match):
        """What an id of the page stands for: it must have been shown before."""
        assert match.group() in self.ids, f"{self.page}: no output above shows the id {match.group()}"
        return self.ids[match.group()]

    @property
    def upcoming(self):
        return self.blocks[self.next].section if self.next < len(self.blocks) else None


def child(pid):
    """The one child of a process."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1] == str(pid):
                return int(stat.parent.name)
    raise ProcessLookupError(pid)


def make_older(points, seconds):
    """Renames the newest point of a source, with its packs, to what they would be had they been made earlier."""
    for file in sorted(points.glob("*.json"))[-1:]:
        text = file.read_bytes()
        document = json.loads(text)["point"]
        older = dict(document)
        for key in ["begun", "ended"]:
            whole, rest = document[key][:19], document[key][19:]
            older[key] = moved(whole, "%Y-%m-%dT%H:%M:%S", seconds) + rest
        older["id"] = moved(document["id"][:15], "%Y%m%dT%H%M%S", seconds) + "Z"
        inner = json.dumps(older, separators=(",", ":")).encode()
        new = points / f"{older['id']}.json"
        new.write_bytes(b'{"point":' + inner + b',"sha256":"' + hashlib.sha256(inner).hexdigest().encode() + b'"}\n')
        file.unlink()
        for pack in (points.parent / "packs").glob(document["id"] + "-*"):
            pack.rename(pack.with_name(pack.name.replace(document["id"], older["id"])))


def moved(text, form, seconds):
    return time.strftime(form, time.gmtime(calendar.timegm(time.strptime(text, form)) - seconds))


def content(tree):
    """Every path of a tree with its bytes, or with their hash where they are many."""
    return {str(path.relative_to(tree)): brief(path.read_bytes()) if path.is_file() else None for path in sorted(tree.rglob("*"))}


def brief(data):
    return data if len(data) < 200 else hashlib.sha256(data).hexdigest()
