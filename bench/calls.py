"""Counting the system calls of a command, and the files of the source that it opens."""

import os
import re
import shutil
import subprocess
from collections import Counter

LINE = re.compile(r"^\d+ +(\w+)\((.*)")
OPENED = re.compile(r'^(?:AT_FDCWD<(?P<cwd>.*?)>|\d+<(?P<base>.*?)>), "(?P<path>.*?)", '
                    r'(?P<flags>[^)]*)\) += (?P<result>-?\d+)')


def count(command, environment, directory, trace):
    """Runs a command under strace; None if there is no strace, or if the command fails.

    Returns the calls by name, and as `opened files` how many files (not directories) beneath `directory` were opened.
    """
    if not shutil.which("strace"):
        return None
    done = subprocess.run(["strace", "-f", "-y", "-qq", "-s", "4096", "-e", "signal=none", "-o", trace,
                           "bash", "-c", "exec " + command], env=environment, cwd=directory, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        return None
    with open(trace, encoding="utf-8", errors="surrogateescape") as lines:
        result = tally(lines, directory)
    os.unlink(trace)
    return result


def tally(lines, directory, is_directory=os.path.isdir):
    """Adds up a trace's calls, and the opens of files (what isn't a directory) beneath a directory."""
    calls, opened = Counter(), 0
    for line in lines:
        match = LINE.match(line)
        if not match:
            continue
        name, arguments = match.groups()
        calls[name] += 1
        if name in ("open", "openat", "openat2"):
            path = _opened_path(arguments if name != "open" else "AT_FDCWD<>, " + arguments)
            opened += path.startswith(directory + "/") and not is_directory(path)
    return {"calls": dict(calls.most_common()), "opened files": opened}


def _opened_path(arguments):
    """The path that a call opened for reading or writing; empty if it failed or asked for a directory."""
    match = OPENED.match(arguments)
    if not match or int(match["result"]) < 0 or "O_DIRECTORY" in match["flags"] or "O_PATH" in match["flags"]:
        return ""
    return os.path.normpath(os.path.join(match["cwd"] or match["base"] or "/", match["path"]))
