"""What happens to a corpus between two backups."""

import os
import shutil
import stat

import trees
from prose import Prose, generator


def edit(top, seed):
    """Edits 1 % of the files (at least two), adds and deletes 0.3 % each, renames a directory holding about 1 %.

    Half of the edits happen in place, half as editors do it: a new file renamed over the old one.
    """
    chance, prose = generator(seed, "edit"), Prose(seed)
    names = sorted(path for path, _ in trees.files(top) if os.access(os.path.join(top, path), os.W_OK))
    hundredth, few = max(2, len(names) // 100), max(1, len(names) * 3 // 1000)
    picked = chance.sample(names, hundredth + 2 * few)
    edited, neighbours, deleted = picked[:hundredth], picked[hundredth:-few], picked[-few:]
    for number, path in enumerate(edited):
        (_overwrite if number % 2 == 0 else _replace)(os.path.join(top, path), chance)
    for number, path in enumerate(neighbours):
        size = os.path.getsize(os.path.join(top, path))
        content = chance.randbytes(size) if size > 1 << 20 else prose.text(chance, max(200, size))[1]
        with open(os.path.join(top, os.path.dirname(path), f"added-{number}"), "xb") as file:
            file.write(content)
    for path in deleted:
        os.unlink(os.path.join(top, path))
    renamed = _directory_holding(top, hundredth)
    os.rename(os.path.join(top, renamed), os.path.join(top, renamed + "-renamed"))
    return {"edited": len(edited), "added": few, "deleted": few,
            "renamed with their directory": sum(1 for _ in trees.files(os.path.join(top, renamed + "-renamed")))}


def _news(path, chance):
    """Bytes to write into a file, and where: 32 of a small file, 64 KiB of a large one."""
    size = os.path.getsize(path)
    content = chance.randbytes(1 << 16) if size > 1 << 20 else chance.randbytes(16).hex().encode()
    return chance.randrange(size + 1), content


def _overwrite(path, chance):
    place, content = _news(path, chance)
    with open(path, "r+b") as file:
        file.seek(place)
        file.write(content)


def _replace(path, chance):
    place, content = _news(path, chance)
    with open(path, "rb") as old, open(path + ".new", "xb") as new:
        left = place
        while left:
            left -= new.write(old.read(min(left, 1 << 20)))
        new.write(content)
        shutil.copyfileobj(old, new, 1 << 20)
    status = os.stat(path)
    os.chmod(path + ".new", stat.S_IMODE(status.st_mode))
    if os.geteuid() == 0:
        os.chown(path + ".new", status.st_uid, status.st_gid)
    os.replace(path + ".new", path)


def _directory_holding(top, count):
    """The directory under which the number of files comes nearest to `count`."""
    held = {}
    for path, _ in trees.files(top):
        while path := os.path.dirname(path):
            held[path] = held.get(path, 0) + 1
    return min(held, key=lambda path: (abs(held[path] - count), path))
