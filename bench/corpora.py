"""The corpora: what is backed up. Each maker fills an empty directory from a scale and a seed."""

import glob
import hashlib
import os
import shutil
import stat

import databases
import trees
from prose import Prose, generator

TREE_BYTES = 800_000_000
TREE_SOURCES = ("/etc", "/usr/include", "/usr/lib/python3*", "/usr/share")
SMALL_FILES = 100_000
MEDIA_BYTES = 1_000_000_000
# Generated files are dated back: tools distrust files changed in the second in which they look.
LONG_AGO = 1_700_000_000


def make_tree(top, scale, seed):
    """Copies about 800 MB of directories that every machine has; generated text makes up what the host lacks."""
    wanted = int(TREE_BYTES * scale)
    sources = _expanded(TREE_SOURCES)
    sizes = {(source, path): status.st_size for source in sources for path, status in trees.files(source)}
    share = wanted / max(1, sum(sizes.values()))
    chosen = {key for key in sizes if _fraction(seed, *key) < share}
    left = wanted
    for source in sources:
        left -= _copy(source, os.path.join(top, source.strip("/").replace("/", "-")), chosen, left)
    prose, chance, number = Prose(seed), generator(seed, "tree"), 0
    while left > wanted // 20:  # within 5 % of the size wanted is near enough
        size = min(left, int(1024 * 256 ** chance.random()))
        extension, text = prose.text(chance, size)
        _write(os.path.join(top, "generated", f"part-{number // 50:03}", f"{number:06}.{extension}"), text, chance)
        left, number = left - size, number + 1


def _expanded(patterns):
    return sorted(path for pattern in patterns for path in glob.glob(pattern)
                  if os.path.isdir(path) and not os.path.islink(path))


def _fraction(*key):
    """Maps a key to a number in 0..<1 that looks random and is always the same."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8], "big") / 2**64


def _copy(source, target, chosen, limit):
    """Copies a source's directories and symlinks and the chosen files with their hard links; returns the bytes."""
    used, twins = 0, {}
    directories = [("", os.lstat(source))]
    os.makedirs(target)
    for path, status in trees.entries(source):
        origin, copy = os.path.join(source, path), os.path.join(target, path)
        if stat.S_ISDIR(status.st_mode):
            os.mkdir(copy)
            directories.append((path, status))
        elif stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(origin), copy)
            _dress(copy, origin, status)
        elif (source, path) in chosen and used + status.st_size <= limit and os.access(origin, os.R_OK):
            first = twins.setdefault((status.st_dev, status.st_ino), copy)
            if first != copy:
                os.link(first, copy)
                continue
            shutil.copyfile(origin, copy)
            _dress(copy, origin, status)
            used += status.st_size
    for path, status in reversed(directories):
        _dress(os.path.join(target, path), os.path.join(source, path), status)
    return used


def _dress(copy, origin, status):
    if os.geteuid() == 0:
        os.chown(copy, status.st_uid, status.st_gid, follow_symlinks=False)
    shutil.copystat(origin, copy, follow_symlinks=False)


def _write(path, content, chance):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    moment = (LONG_AGO - chance.randrange(10**8)) * 10**9 + chance.randrange(10**9)
    os.utime(path, ns=(moment, moment))


def make_small(top, scale, seed):
    """Writes 100,000 text-like files of 0.2 to 16 KiB, 50 to a directory."""
    prose, chance = Prose(seed), generator(seed, "small")
    for number in range(max(200, int(SMALL_FILES * scale))):
        directory, position = divmod(number, 50)
        size = int(204.8 * 80 ** chance.random())  # evenly over the magnitudes
        extension, text = prose.text(chance, size)
        name = f"{prose.sentence(chance, 2).replace(' ', '-')}-{position}.{extension}"
        _write(os.path.join(top, f"area-{directory // 20:03}", f"set-{directory % 20:02}", name), text, chance)


def make_media(top, scale, seed):
    """Writes 1 GB of incompressible files of 2 to 100 MB; at a small scale, at least eight of 2 MB and a little."""
    chance = generator(seed, "media")
    left, number = max(20_000_000, int(MEDIA_BYTES * scale)), 0
    largest = left // 8
    while left > 0:
        size = max(2_000_000, min(left, largest, int(2_000_000 * 50 ** chance.random())))
        _write(os.path.join(top, f"album-{number // 8:02}", f"clip-{number:03}.mp4"), chance.randbytes(size), chance)
        left, number = left - size, number + 1


def make_databases(top, scale, seed):
    """Writes three SQLite databases, SQL dumps of them, and the settings of the services they belong to."""
    prose, chance = Prose(seed), generator(seed, "settings")
    for number in range(40):
        extension, text = prose.text(chance, 500 + chance.randrange(12_000))
        _write(os.path.join(top, "settings", f"{number:02}.{extension}"), text, chance)
    databases.create(top, scale, seed)
    for path, _ in list(trees.files(top)):
        if not path.startswith("settings"):
            os.utime(os.path.join(top, path), (LONG_AGO, LONG_AGO))


MAKERS = {"tree": make_tree, "small": make_small, "media": make_media, "dbs": make_databases}
