#!/usr/bin/env python3
"""Writes small repositories in format 1, independently of the product, good ones and hostile ones; for tests only.

  minirepo.py --list                    the kinds of hostile repositories, one a line
  minirepo.py DIR [--hostile KIND]      makes a repository in DIR with the source tree/t
"""
import argparse
import base64
import hashlib
import io
import json
import os
import re
import stat
import struct
import subprocess
import sys
import tarfile

BLOCK = 512
BEGUN = "20261122T050000Z"
NOTHING_COUNTED = dict.fromkeys(("entries", "files", "directories", "bytes", "newChunks", "newBytes", "storedBytes",
                                 "readBytes", "filesRead"), 0)


def escape(data, more=b""):
    special = rb"[\x00-\x1f\x7f\\" + more + rb"]"
    return re.sub(special, lambda match: b"\\x%02x" % match.group()[0], data)


def key(path):
    return b"" if path == b"." else path.replace(b"/", b"\0")


def digest(data):
    return hashlib.sha256(data).digest()


def compress(data):
    """One zstd frame with content size and checksum."""
    command = ["zstd", "-q", "-1", "-c", "--check", "--stream-size=%d" % len(data)]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def line(path, kind, mode=0o644, uid=0, gid=0, mtime=(1_700_000_000, 123456789), size=0, extents=(), device=None,
         inode=1, **attributes):
    """One line of an index. `extents` are (length, id or None); `x` is a list of (name, value)."""
    listed = ["%d:%s" % (length, chunk.hex() if chunk else "-") for length, chunk in extents]
    fields = [escape(path), kind.encode(), b"%o" % mode, b"%d" % uid, b"%d" % gid, b"", b"", b"%d.%09d" % mtime,
              b"%d.%09d" % mtime, b"%d" % inode, b"%d:%d" % device if device else b"%d" % size,
              ",".join(listed[:64]).encode()]
    texts = [(b"x", escape(name, b":") + b":" + base64.b64encode(value)) for name, value in attributes.pop("x", [])]
    texts += [(name.encode(), escape(value)) for name, value in attributes.items()]
    lines = [b"\t".join(fields + [name + b"=" + value for name, value in sorted(texts)])]
    for first in range(64, len(listed), 64):
        offset = sum(length for length, _ in extents[:first])
        lines.append(b"\t".join([escape(path), b"+", b"%d" % offset, ",".join(listed[first:first + 64]).encode()]))
    return lines


class PackWriter:
    """Collects members and cuts them into frames. Each attribute may be spoilt by a test before `bytes` is called."""

    def __init__(self, frame_size=4096):
        self.frame_size, self.pending, self.frames, self.runs, self.chunks = frame_size, b"", [], [], {}

    def cut(self, own_run=True):
        if self.pending:
            if own_run:
                self.runs.append(len(self.frames))
            self.frames.append(self.pending)
            self.pending = b""

    def add(self, name, chunks, alone=False):
        """A member whose data are these chunks; a large one becomes slices that are cut between chunks."""
        if alone or len(self.pending) >= self.frame_size:
            self.cut()
        info = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
        info.size = sum(map(len, chunks))
        self.pending += info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        first = True
        for data in chunks:
            if len(self.pending) + len(data) > 4 * self.frame_size and self.pending:
                self.cut(own_run=first)
                first = False
            self.chunks.setdefault(digest(data), (len(self.frames), len(self.pending), len(data)))
            self.pending += data
        self.pending += bytes(-info.size % BLOCK)
        if alone or not first:
            self.cut(own_run=first)

    def toc(self, compressed):
        offset, frames = 0, b""
        for data, stored in zip(self.frames, compressed):
            frames += struct.pack("<QII", offset, len(stored), len(data))
            offset += len(stored)
        counts = struct.pack("<4I", len(self.frames), len(self.runs), len(self.chunks), 0)
        runs = struct.pack("<%dI" % len(self.runs), *self.runs)
        chunks = b"".join(name + struct.pack("<3I", *self.chunks[name]) for name in sorted(self.chunks))
        content = b"BKPTOC1\n" + counts + frames + runs + chunks + counts
        return content + digest(content)

    def bytes(self, spoil_frame=None):
        self.cut()
        self.pending = bytes(2 * BLOCK)
        self.cut()
        compressed = [compress(data) for data in self.frames]
        toc = self.toc(compressed)
        seek = b"".join(struct.pack("<II", len(stored), len(data)) for data, stored in zip(self.frames, compressed))
        seek += struct.pack("<II", len(toc) + 8, 0) + struct.pack("<IBI", len(self.frames) + 1, 0, 0x8F92EAB1)
        if spoil_frame is not None:
            stored = bytearray(compressed[spoil_frame])
            stored[len(stored) // 2] ^= 0x10
            compressed[spoil_frame] = bytes(stored)
        return b"".join(compressed) + struct.pack("<II", 0x184D2A5B, len(toc)) + toc + struct.pack(
            "<II", 0x184D2A5E, len(seek)) + seek


class Repository:
    """Writes a repository with one source."""

    def __init__(self, path, source="tree/t", format=1):
        self.path, self.source = path, source
        self.folder = os.path.join(path, "sources", source)
        os.makedirs(os.path.join(self.folder, "points"), mode=0o700, exist_ok=True)
        os.makedirs(os.path.join(self.folder, "packs"), exist_ok=True)
        self.store(os.path.join(path, "repository.json"), json.dumps({
            "format": format, "id": "00000000-0000-4000-8000-000000000001",
            "created": "2026-11-22T05:00:00Z", "tool": "minirepo"}).encode() + b"\n")

    @staticmethod
    def store(path, data):
        with open(path, "wb") as file:
            file.write(data)

    def add_pack(self, pack, point=BEGUN, number=1, **spoil):
        data = pack.bytes(**spoil)
        self.store(os.path.join(self.folder, "packs", "%s-%04d.tar.zst" % (point, number)), data)
        return data

    def index(self, pack, lines, block_size=2000):
        """Puts the blocks of an index into a pack; returns root and level. Small blocks give tests several levels."""
        rows, level = sorted(lines, key=self.place), 0
        while True:
            blocks, block = [], []
            for row in rows:
                if block and sum(map(len, block)) > block_size and len(block) > 1:
                    blocks.append(block)
                    block = []
                block.append(row)
            blocks.append(block)
            above = []
            for block in blocks:
                data = b"\n".join(block) + b"\n"
                pack.add(b".backupctl/index/" + digest(data).hex().encode(), [data], alone=True)
                fields = block[0].split(b"\t")
                offset = fields[2:3] if level or fields[1] == b"+" else []
                above.append(b"\t".join([fields[0], digest(data).hex().encode()] + offset))
            if len(blocks) == 1:
                return digest(data), level
            rows, level = above, level + 1

    @staticmethod
    def place(row):
        fields = row.split(b"\t")
        path = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes([int(match.group(1), 16)]), fields[0])
        return key(path), int(fields[2]) if fields[1] == b"+" else -1

    def add_point(self, root, level, id=BEGUN, format=1, statistics=None, **more):
        document = {
            "format": format, "id": id, "source": self.source, "repository": "00000000-0000-4000-8000-000000000001",
            "begun": "2026-11-22T05:00:00Z", "ended": "2026-11-22T05:00:01Z", "host": "test", "tool": "minirepo",
            "consistency": "live", "state": "complete", "suspicious": [], "statistics": statistics or NOTHING_COUNTED,
            "index": {"root": root.hex(), "level": level}, "warnings": [], "warningCount": 0}
        document = json.dumps({**document, **more}, separators=(",", ":")).encode()
        proof = hashlib.sha256(document).hexdigest().encode()
        self.store(os.path.join(self.folder, "points", id + ".json"),
                   b'{"point":' + document + b',"sha256":"' + proof + b'"}\n')


def archive(repository, tree, id=BEGUN, chunk_size=1000, block_size=2000):
    """A complete first point of a real directory, each chunk of a fixed size, holes from SEEK_DATA."""
    pack, lines, inodes = PackWriter(), [], {}

    def visit(path, place):
        status = os.lstat(place)
        kind = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFCHR: "c", stat.S_IFBLK: "b",
                stat.S_IFIFO: "p", stat.S_IFSOCK: "s"}[stat.S_IFMT(status.st_mode)]
        names = sorted(os.listxattr(place, follow_symlinks=False), key=os.fsencode)
        what = dict(mode=stat.S_IMODE(status.st_mode), uid=status.st_uid, gid=status.st_gid, inode=status.st_ino,
                    mtime=divmod(status.st_mtime_ns, 10**9), size=0,
                    x=[(os.fsencode(name), os.getxattr(place, name, follow_symlinks=False)) for name in names])
        if kind in "cb":
            what["device"] = (os.major(status.st_rdev), os.minor(status.st_rdev))
        if kind == "l":
            what.update(t=os.readlink(place), size=status.st_size)
        if kind == "f":
            what["size"] = status.st_size
        if kind != "d" and status.st_nlink > 1 and inodes.setdefault(status.st_ino, path) != path:
            what["h"] = inodes[status.st_ino]
        elif kind == "f":
            extents, chunks = contents(place, status.st_size, chunk_size)
            what["extents"] = extents
            pack.add(path, chunks)
        lines.extend(line(path, kind, **what))
        if kind == "d":
            fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)  # by descriptors: paths may be longer than PATH_MAX
            for name in sorted(map(os.fsencode, os.listdir(fd))):
                visit(name if path == b"." else path + b"/" + name, b"/proc/self/fd/%d/%s" % (fd, name))
            os.close(fd)

    visit(b".", os.fsencode(tree))
    repository.add_point(*repository.index(pack, lines, block_size), id=id)
    repository.add_pack(pack, id)
    return pack


def contents(path, size, chunk_size):
    extents, chunks, at = [], [], 0
    fd = os.open(path, os.O_RDONLY)
    try:
        while at < size:
            try:
                start = os.lseek(fd, at, os.SEEK_DATA)
            except OSError:
                start = size
            if start > at:
                extents.append((start - at, None))
                at = start
            if at < size:
                data = os.pread(fd, min(chunk_size, os.lseek(fd, at, os.SEEK_HOLE) - at), at)
                extents.append((len(data), digest(data)))
                chunks.append(data)
                at += len(data)
    finally:
        os.close(fd)
    return extents, chunks


# Hostile repositories. Each has a good file `good` beside what is wrong, where the kind of damage leaves one.

GOOD = b"this is good\n"
TOP = line(b".", "d", 0o755)


def plain(repository, lines=(), contents=(), spoil=None, level=None, frame_size=1, **more):
    """A repository with the file `good` and some more lines; `spoil` may change the finished pack's bytes."""
    pack = PackWriter(frame_size)
    for number, data in enumerate((GOOD,) + tuple(contents)):
        pack.add(b"member%d" % number, [data])
    good = line(b"good", "f", size=len(GOOD), extents=[(len(GOOD), digest(GOOD))])
    root, depth = repository.index(pack, TOP + good + list(lines), block_size=more.pop("block_size", 2000))
    repository.add_point(root, depth if level is None else level, **more)
    data = repository.add_pack(pack)
    if spoil:
        repository.store(os.path.join(repository.folder, "packs", BEGUN + "-0001.tar.zst"), spoil(data))
    return pack


def file(path, data=b"evil\n", **more):
    return line(path, "f", size=len(data), extents=[(len(data), digest(data))], **more)


def evil(repository, *lines):
    return plain(repository, [row for group in lines for row in group], [b"evil\n"])


def with_toc(change):
    """A change of a pack that alters its table of contents and proves it again with a right digest."""
    def spoil(data):
        listed = struct.unpack("<I", data[-9:-5])[0]
        end = len(data) - 17 - 8 * listed
        f, r, c = struct.unpack("<3I", data[end - 48:end - 36])
        start = end - (24 + 16 * f + 4 * r + 44 * c + 48)
        toc = bytearray(data[start:end - 32])
        change(toc, 24 + 16 * f, 24 + 16 * f + 4 * r, c)
        return data[:start] + bytes(toc) + digest(bytes(toc)) + data[end:]
    return spoil


def wrong_digest(data):
    end = len(data) - 17 - 8 * struct.unpack("<I", data[-9:-5])[0]
    return data[:end - 1] + bytes([data[end - 1] ^ 1]) + data[end:]


def set_number(toc, at, value, code="<I"):
    struct.pack_into(code, toc, at, value)


def damaged_data(repository):
    pack = PackWriter(1)
    noise = b"".join(digest(b"%d" % number) for number in range(100))
    rows = TOP
    for number, data in enumerate((GOOD, noise)):
        pack.add(b"member%d" % number, [data])
        rows = rows + file(b"good" if data == GOOD else b"noise", data)
    repository.add_point(*repository.index(pack, rows))
    repository.add_pack(pack, spoil_frame=1)


def wrong_chunk(repository):
    """The table of contents says that a chunk lies where other bytes are."""
    pack = PackWriter(1)
    pack.add(b"good", [GOOD])
    pack.add(b"bad", [b"evil\n"])
    pack.chunks[digest(b"other")] = pack.chunks.pop(digest(b"evil\n"))
    root = repository.index(pack, TOP + file(b"good", GOOD) + file(b"bad", b"other"))
    repository.add_point(*root)
    repository.add_pack(pack)


def cyclic(repository):
    """A branch block that names itself as its child; only a table of contents that lies about hashes can say so."""
    pack, name = PackWriter(1), digest(b"cycle")
    block = b".\t" + name.hex().encode() + b"\n"
    pack.add(b".backupctl/index/x", [block], alone=True)
    pack.chunks[name] = pack.chunks.pop(digest(block))
    repository.add_point(name, 3)
    repository.add_pack(pack)


def repeated(repository):
    """Branch blocks that name one child many times over: 1000 ** 20 lines, if a reader went through all of them."""
    pack, block = PackWriter(1), b"\n".join(TOP) + b"\n"
    for level in range(20):
        pack.add(b".backupctl/index/%d" % level, [block], alone=True)
        block = b"".join([b".\t" + digest(block).hex().encode() + b"\n"] * 1000)
    pack.add(b".backupctl/index/top", [block], alone=True)
    repository.add_point(digest(block), 20)
    repository.add_pack(pack)


def unsorted(repository):
    pack = PackWriter(1)
    pack.add(b"good", [GOOD])
    block = b"\n".join(TOP + file(b"z", GOOD) + file(b"a", GOOD)) + b"\n"
    pack.add(b".backupctl/index/x", [block], alone=True)
    repository.add_point(digest(block), 0)
    repository.add_pack(pack)


def bomb(repository):
    """A frame that decompresses to far more than the table of contents says."""
    pack = PackWriter(1)
    pack.add(b"good", [GOOD])
    pack.add(b"bomb", [bytes(32 << 20)])
    repository.add_point(*repository.index(pack, TOP + file(b"good", GOOD) + file(b"bomb", b"evil\n")))
    sizes = [len(frame) for frame in pack.frames]
    large = sizes.index(max(sizes))
    pack.chunks[digest(b"evil\n")] = (large, 0, 5)
    data = repository.add_pack(pack)
    data = with_toc(lambda toc, *_: set_number(toc, 24 + 16 * large + 12, 1024))(data)
    at = len(data) - 9 - 8 * (len(pack.frames) + 1) + 8 * large + 4
    repository.store(os.path.join(repository.folder, "packs", BEGUN + "-0001.tar.zst"),
                     data[:at] + struct.pack("<I", 1024) + data[at + 4:])


def newer_repository(repository):
    plain(repository)
    Repository(repository.path, format=2)


def spoilt_point(repository):
    plain(repository)
    name = os.path.join(repository.folder, "points", BEGUN + ".json")
    with open(name, "rb") as source:
        data = source.read()
    repository.store(name, data.replace(b'"complete"', b'"warnings"'))


def missing_pack(repository):
    plain(repository)
    os.unlink(os.path.join(repository.folder, "packs", BEGUN + "-0001.tar.zst"))


LONG = b"/".join([b"x" * 200] * 6000)
HOSTILE = {
    "path-parent": lambda r: evil(r, file(b"../escaped")),
    "path-parent-inside": lambda r: evil(r, line(b"d", "d", 0o755), file(b"d/../../escaped")),
    "path-absolute": lambda r: evil(r, file(b"/tmp/escaped")),
    "path-empty-component": lambda r: evil(r, file(b"d//escaped")),
    "path-nul": lambda r: evil(r, file(b"a\0b")),
    "path-too-long": lambda r: evil(r, file(LONG)),
    "symlink-parent": lambda r: evil(r, line(b"d", "l", 0o777, size=2, t=b".."), file(b"d/escaped")),
    "file-parent": lambda r: evil(r, file(b"d"), file(b"d/escaped")),
    "hardlink-outside": lambda r: evil(r, line(b"z", "f", size=5, h=b"../../../../../../etc/passwd")),
    "hardlink-through-symlink": lambda r: evil(
        r, line(b"d", "l", 0o777, size=4, t=b"/etc"), line(b"z", "f", size=5, h=b"d/passwd")),
    "hardlink-loop": lambda r: evil(r, line(b"y", "f", size=5, h=b"z"), line(b"z", "f", size=5, h=b"y")),
    "duplicate-entry": lambda r: evil(r, file(b"a"), file(b"a")),
    "unsorted": unsorted,
    "wrong-chunk": wrong_chunk,
    "damaged-frame": damaged_data,
    "missing-chunk": lambda r: plain(r, file(b"evil", b"never stored\n")),
    "missing-pack": missing_pack,
    "wrong-length": lambda r: plain(r, line(b"evil", "f", size=6, extents=[(6, digest(GOOD))])),
    "short-extents": lambda r: plain(r, line(b"evil", "f", size=99, extents=[(len(GOOD), digest(GOOD))])),
    "huge-size": lambda r: plain(r, line(b"evil", "f", size=10**18, extents=[(len(GOOD), digest(GOOD))])),
    "orphan-continuation": lambda r: plain(r, [b"evil\t+\t5\t13:" + digest(GOOD).hex().encode()]),
    "overlong-line": lambda r: plain(r, line(b"evil", "l", 0o777, size=1, t=b"x" * (2 << 20))),
    "not-a-line": lambda r: plain(r, [b"evil\tf\tno\tsuch\tline"]),
    "bad-escape": lambda r: plain(r, [file(b"evil", GOOD)[0].replace(b"evil", b"ev\\xZZil")]),
    "bad-type": lambda r: plain(r, [file(b"evil", GOOD)[0].replace(b"\tf\t", b"\tq\t")]),
    "cyclic-index": cyclic,
    "repeated-index": repeated,
    "deep-level": lambda r: plain(r, level=10**9),
    "negative-level": lambda r: plain(r, level=-1),
    "bomb": bomb,
    "truncated-pack": lambda r: plain(r, spoil=lambda data: data[:-40]),
    "truncated-front": lambda r: plain(r, spoil=lambda data: data[100:]),
    "empty-pack": lambda r: plain(r, spoil=lambda data: b""),
    "toc-digest": lambda r: plain(r, spoil=wrong_digest),
    "toc-chunk-outside": lambda r: plain(r, spoil=with_toc(
        lambda toc, runs, chunks, c: [set_number(toc, chunks + 44 * i + 36, 0xFFFFFF00) for i in range(c)])),
    "toc-frame-outside": lambda r: plain(r, spoil=with_toc(
        lambda toc, runs, chunks, c: [set_number(toc, chunks + 44 * i + 32, 0xFFFFFFFF) for i in range(c)])),
    "toc-frames-overlap": lambda r: plain(r, spoil=with_toc(lambda toc, *_: set_number(toc, 24 + 16, 0, "<Q"))),
    "toc-runs": lambda r: plain(r, spoil=with_toc(lambda toc, runs, *_: set_number(toc, runs, 0xFFFFFFFF))),
    "toc-huge-counts": lambda r: plain(r, spoil=with_toc(lambda toc, *_: set_number(toc, len(toc) - 16, 0x7FFFFFFF))),
    "spoilt-point": spoilt_point,
    "newer-point": lambda r: plain(r, format=2),
    "newer-repository": newer_repository,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?")
    parser.add_argument("--hostile", choices=HOSTILE, metavar="KIND")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        print("\n".join(HOSTILE))
    elif not options.directory:
        parser.error("which directory?")
    else:
        HOSTILE.get(options.hostile, plain)(Repository(options.directory))


if __name__ == "__main__":
    main()
