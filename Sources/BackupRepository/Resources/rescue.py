#!/usr/bin/env python3
"""Restores from a backupctl repository (format 1) with Python 3.8 or later and the zstd program, nothing else.

  rescue.py [-r REPOSITORY]                   sources and their recovery points
  rescue.py list SOURCE[@POINT] [PATH]        what a point holds
  rescue.py restore SOURCE[@POINT] --to DIR [--path P ...]    DIR is new or empty; run it as root to get owners back
  rescue.py cat SOURCE[@POINT] PATH           one file to standard output
  rescue.py check [SOURCE]                    reads and hashes all that the points need

POINT is an id as listed, the beginning of one, or "latest" (the default). REPOSITORY is where this file lies.
Exit codes: 0 done, 1 something could not be written, 10 no repository, 13 newer format, 20 damage found (the rest
is restored; missing bytes are zeros), 31 zstd is missing, 64 usage.

The format in brief: sources/<source>/points/<point>.json names the root block of an index, which is sorted text, one
line an entry, cut into blocks (class Index). Blocks and files consist of chunks, named by their SHA-256. A pack is a
tar archive in zstd frames; behind them a table says in which frame each chunk lies (class Pack), little-endian."""
import argparse, base64, bisect, collections, contextlib, errno, hashlib, json, os, re, resource, stat, struct
import shutil, subprocess, sys, threading, time

FORMAT, MIB = 1, 1 << 20
MAX_PATH, MAX_LINE, MAX_BLOCK, MAX_FRAME, MAX_POINT, MAX_LEVEL = MIB, 2 * MIB, 4 * MIB, 64 * MIB, 16 * MIB, 32
BATCH, CACHE = 32 * MIB, 96 * MIB  # bytes that one zstd process decodes; decoded bytes that are kept
KINDS = {"f": stat.S_IFREG, "d": stat.S_IFDIR, "l": stat.S_IFLNK, "c": stat.S_IFCHR, "b": stat.S_IFBLK,
         "p": stat.S_IFIFO, "s": stat.S_IFSOCK, "+": 0}
NOT_NAMES = {b"", b".", b".."}
DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
told = collections.Counter()


class Damage(Exception):
    """Stored bytes are missing, do not match their hash, or break a rule of the format."""

class Stop(Exception):
    """Ends the program with the exit code args[0] and the message args[1]."""

def tell(kind, text):
    told[kind] += 1
    sys.stderr.buffer.write(os.fsencode("%s: %s\n" % (kind, text)))
    sys.stderr.buffer.flush()

@contextlib.contextmanager
def going_on(where, kind="problem"):
    """Reports what fails inside, and goes on behind it. A full or broken disk ends the program instead."""
    try:
        yield
    except (Damage, OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EPIPE):
            raise
        tell("damaged" if isinstance(error, Damage) else kind, "%s: %s" % (where, error))

def read_at(fd, length, offset):
    data = bytearray()
    while len(data) < length:
        part = os.pread(fd, length - len(data), offset + len(data))
        if not part:
            raise Damage("it ends too early, at byte %d" % (offset + len(data)))
        data += part
    return bytes(data)

def show(path):
    return os.fsdecode(re.sub(rb"[\x00-\x1f\x7f\\]", lambda m: b"\\x%02x" % m.group()[0], path))

def unescape(text):
    if re.search(rb"\\(?!x[0-9a-f]{2})", text):
        raise Damage("not a valid escape: %s" % show(text[:200]))
    return re.sub(rb"\\x(..)", lambda m: bytes([int(m.group(1), 16)]), text)

def within(path, top):
    return top == b"." or path == top or path.startswith(top + b"/")


class Pack:
    """frame ... frame, table of contents, seek table; both tables are skippable frames: magic 4, size 4, content.

    Table of contents: "BKPTOC1\\n", F frames, R runs, C chunks, 0; F times (offset 8, compressed size 4, size 4);
    R times first frame 4; C times (id 32, frame 4, offset 4, length 4), sorted; F, R, C, 0, SHA-256 of all before."""

    def __init__(self, path):
        self.name, self.fd = os.path.basename(path), os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        size = os.fstat(self.fd).st_size
        listed, descriptor, magic = struct.unpack("<IBI", read_at(self.fd, 9, max(size - 9, 0)))
        end = size - 17 - 8 * listed  # of the table of contents; the seek table follows
        if magic != 0x8F92EAB1 or descriptor or end < 80:
            raise Damage("no seek table at its end: cut off or overwritten")
        seek, footer = read_at(self.fd, size - end, end), read_at(self.fd, 48, end - 48)
        f, r, self.count, zero = struct.unpack("<4I", footer[:16])
        self.ids = 24 + 16 * f + 4 * r
        length = self.ids + 44 * self.count + 48
        start = end - length - 8
        if zero or length > 0xFFFFFFFF or start < 0:
            raise Damage("its table of contents does not fit into it")
        self.toc = read_at(self.fd, length + 8, start)[8:]
        if read_at(self.fd, 8, start) != struct.pack("<II", 0x184D2A5B, length) or \
                self.toc[:24] != b"BKPTOC1\n" + footer[:16]:
            raise Damage("no table of contents before its seek table")
        self.frames = list(struct.iter_unpack("<QII", self.toc[24:24 + 16 * f]))
        runs = [run for run, in struct.iter_unpack("<I", self.toc[24 + 16 * f:self.ids])] + [f]
        at = 0
        for number, (offset, stored, content) in enumerate(self.frames):
            if offset != at or not 0 < stored <= 2 * MAX_FRAME or not 0 < content <= MAX_FRAME:
                raise Damage("frame %d of its table of contents is out of place or too large" % number)
            at += stored
        if at != start or any(a >= b for a, b in zip(runs, runs[1:])):
            raise Damage("the frames or runs of its table of contents do not add up")
        # From here on the table can be used even if it is damaged: each chunk is proved by its own hash.
        if hashlib.sha256(self.toc[:-32]).digest() != footer[16:]:
            tell("damaged", "%s: its table of contents does not match its SHA-256" % path)
        sizes = [number for frame in self.frames for number in frame[1:]] + [length + 8, 0]
        if seek[:-9] != struct.pack("<%dI" % (len(sizes) + 2), 0x184D2A5E, 8 * listed + 9, *sizes):
            tell("damaged", "%s: its seek table does not agree with its table of contents" % path)

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        return self.toc[self.ids + 44 * i:self.ids + 44 * i + 32]

    def place(self, i):
        frame, offset, length = struct.unpack_from("<III", self.toc, self.ids + 44 * i + 32)
        if frame >= len(self.frames) or offset + length > self.frames[frame][2]:
            raise Damage("%s: chunk %s lies outside of its frame" % (self.name, self[i].hex()))
        return frame, offset, length

    def compressed(self, frame):
        """One frame's bytes. Its header (magic 4, flags 1, window 0 or 1, size) must carry the size that is listed."""
        offset, stored, size = self.frames[frame]
        data = read_at(self.fd, stored, offset) + bytes(13)
        single, width = data[4] >> 5 & 1, (data[4] >> 5 & 1, 2, 4, 8)[data[4] >> 6]
        carried = int.from_bytes(data[6 - single:6 - single + width], "little") + (256 if width == 2 else 0)
        if data[:4] != b"\x28\xb5\x2f\xfd" or data[4] & 7 != 4 or not width or carried != size:
            raise Damage("not a zstd frame of %d bytes with a checksum" % size)
        return data[:-13]


def unzstd(frames, size):
    """What some frames decompress to, by one process; None if that fails or gives another size. Memory is bounded."""
    with subprocess.Popen(["zstd", "-dcq"], stdin=-1, stdout=-1, stderr=subprocess.DEVNULL) as zstd:
        def feed():
            with contextlib.suppress(OSError), zstd.stdin:  # if zstd gave up, its exit code tells
                for frame in frames:
                    zstd.stdin.write(frame)
        thread = threading.Thread(target=feed)
        thread.start()
        content = zstd.stdout.read(size + 1)
        if len(content) > size:
            zstd.kill()
        thread.join()
        return content if zstd.wait() == 0 and len(content) == size else None


class Store:
    """The chunks of one source, wherever in its packs they lie."""

    def __init__(self, folder):
        if not shutil.which("zstd"):
            raise Stop(31, "cannot find the program zstd: install the package zstd, then try again")
        self.packs, self.cache, self.cached, self.bad = [], collections.OrderedDict(), 0, {}
        for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
            if name.endswith(".tar.zst"):
                with going_on(os.path.join(folder, name), "damaged"):
                    self.packs.append(Pack(os.path.join(folder, name)))

    def places(self, chunk):
        """Where a chunk lies: (pack, frame), offset, length. The pack that held the last one is asked first."""
        wrong = None
        for pack in tuple(self.packs):
            i = bisect.bisect_left(pack, chunk)
            if i < len(pack) and pack[i] == chunk:
                try:
                    frame, offset, length = pack.place(i)
                except Damage as error:
                    wrong = error
                    continue
                self.packs.remove(pack)
                self.packs.insert(0, pack)
                yield (pack, frame), offset, length
        if wrong:
            raise wrong

    def decode(self, keys):
        """Decodes frames into the cache with one process; if that fails, half of them each."""
        sizes, why, content, end = [pack.frames[frame][2] for pack, frame in keys], "zstd cannot decompress it", None, 0
        try:
            content = unzstd([pack.compressed(frame) for pack, frame in keys], sum(sizes))
        except (Damage, OSError) as error:
            why = error
        if content is None and len(keys) == 1:
            self.bad[keys[0]] = "%s, frame %d: %s" % (keys[0][0].name, keys[0][1], why)
        elif content is None:
            self.decode(keys[:len(keys) // 2])
            self.decode(keys[len(keys) // 2:])
        for key, size in zip(keys, sizes) if content else ():
            self.cache[key], end = memoryview(content)[end:end + size], end + size
            self.cached += size
        while self.cached > CACHE and len(self.cache) > 1:
            self.cached -= len(self.cache.popitem(last=False)[1])

    def prefetch(self, chunks):
        keys, size = {}, 0
        for chunk in chunks:
            with contextlib.suppress(Damage, StopIteration):  # chunk() reports it
                key = next(self.places(chunk))[0]
                if key in self.cache:
                    self.cache.move_to_end(key)
                elif key not in keys and key not in self.bad and size < BATCH:
                    keys[key], size = True, size + key[0].frames[key[1]][2]
        if keys:
            self.decode(list(keys))

    def chunk(self, chunk, length=None, limit=MAX_FRAME):
        """The bytes of a chunk, proved by their hash, from any pack that has them right."""
        why = "no pack holds it"
        for key, offset, size in self.places(chunk):
            if size > limit or length not in (None, size):
                why = "it has %d bytes in %s" % (size, key[0].name)
                continue
            if key not in self.cache and key not in self.bad:
                self.decode([key])
            if key not in self.bad:
                self.cache.move_to_end(key)
                data = self.cache[key][offset:offset + size]
                if hashlib.sha256(data).digest() == chunk:
                    return data
            why = self.bad.get(key, "%s, frame %d: the bytes do not match this hash" % (key[0].name, key[1]))
        raise Damage("chunk %s: %s" % (chunk.hex(), why))


Entry = collections.namedtuple("Entry", "path type mode uid gid mtime size device offset extents attributes")

def parse(path, line):
    """path, type, mode, uid, gid, user, group, mtime, ctime, inode, size, extents, key=value ... with tabs between;
    or, for more extents of a large file: path, +, offset, extents. Extents: length:id or, for a hole, length:-"""
    fields = line.split(b"\t")
    try:
        kind, extents, attributes, more = fields[1].decode("ascii"), [], {"x": []}, fields[1] == b"+"
        if kind not in KINDS or (len(fields) != 4 if more else len(fields) < 12):
            raise ValueError("its type or its number of fields")
        for text in fields[3 if more else 11].split(b",") if fields[3 if more else 11] else ():
            length, chunk = re.fullmatch(rb"([1-9]\d{0,18}):(-|[0-9a-f]{64})", text).groups()
            extents.append((int(length), None if chunk == b"-" else bytes.fromhex(chunk.decode())))
        if len(extents) > 64 or extents and kind not in "f+":
            raise ValueError("extents")
        if more:
            return Entry(path, kind, 0, 0, 0, 0, 0, 0, int(fields[2]), extents, attributes)
        seconds, fraction = re.fullmatch(rb"(-?\d{1,19})\.(\d{9})", fields[7]).groups()
        device = os.makedev(*map(int, fields[10].split(b":"))) if kind in "cb" else 0
        for key, value in (field.split(b"=", 1) for field in fields[12:]):
            if key == b"x":
                name, content = value.split(b":", 1)
                attributes["x"].append((unescape(name), base64.b64decode(content, validate=True)))
            else:
                attributes[key.decode("ascii")] = unescape(value)
        return Entry(path, kind, int(fields[2], 8) & 0o7777, int(fields[3]), int(fields[4]), int(seconds) * 10**9 +
                     int(fraction), 0 if kind in "cb" else int(fields[10]), device, -1, extents, attributes)
    except (ValueError, IndexError, AttributeError, OverflowError) as error:
        raise Damage("not an index line (%s): %s" % (error, show(line[:200])))


class Index:
    """The sorted entries of a point. A branch block (level 1 and up) has a line for each block below it:
    its first path, its id and, if it begins with a continuation, that one's offset; with tabs between."""

    def __init__(self, store, point):
        self.store, self.point, root = store, point, point.get("index") if isinstance(point, dict) else None
        if not isinstance(root, dict) or not re.fullmatch("[0-9a-f]{64}", str(root.get("root"))) or \
                root.get("level") not in range(MAX_LEVEL + 1):
            raise Damage("the point names no index")
        self.root, self.level, self.last = bytes.fromhex(root["root"]), root["level"], (b"", -2)

    def lines(self, block, level, first=None):
        """Key, path and text of the lines below a block. Keys sort by component, continuations behind their file."""
        rows, after = [], self.last
        begin = show(first[0].replace(b"\0", b"/") or b".") if first else "the top"
        with going_on("index block lost, from %s on" % begin):
            data = bytes(self.store.chunk(block, limit=MAX_BLOCK))
            if not data.endswith(b"\n"):
                raise Damage("chunk %s: no newline at its end" % block.hex())
            for line in data[:-1].split(b"\n"):
                fields = line.split(b"\t", 3)
                path, more = unescape(fields[0]), fields[2:3] if level or fields[1:2] == [b"+"] else ()
                if len(line) > MAX_LINE or len(fields) < 2 or more and not re.fullmatch(rb"\d{1,19}", more[0]) or \
                        level and not re.fullmatch(b"[0-9a-f]{64}", fields[1]):
                    raise Damage("not an index line: %s" % show(line[:200]))
                key = (b"" if path == b"." else path.replace(b"/", b"\0"), int(more[0]) if more else -1)
                if key <= after or not rows and first not in (None, key):
                    raise Damage("chunk %s: its lines are not in order at %s" % (block.hex(), show(path)))
                rows.append((key, path, bytes.fromhex(fields[1].decode()) if level else line))
                after = key
        for i, (key, path, line) in enumerate(rows):
            if level and i % 64 == 0:
                self.store.prefetch(row[2] for row in rows[i:i + 64])
            yield from self.lines(line, level - 1, key) if level else ((path, line),)
            self.last = max(self.last, key)

    def entries(self, tops=(b".",)):
        """The entries at and below some paths, and the directories above. Checks that extents cover their files."""
        self.last, current, covered, found = (b"", -2), None, 0, set()
        for path, line in self.lines(self.root, self.level):
            chosen = [top for top in tops if within(path, top)]
            if chosen or any(within(top, path) for top in tops):
                entry = None
                with going_on(show(path[:1000])):
                    if len(path) > MAX_PATH or b"\0" in path or \
                            path != b"." and NOT_NAMES & {*path.split(b"/")}:
                        raise Damage("refused, not a path below the top")
                    entry = parse(path, line)
                    if entry.type == "+" and (not current or (current.path, covered) != (path, entry.offset)):
                        raise Damage("extents without the ones before them")
                if entry and entry.type != "+":
                    self.covers(current, covered)
                    current, covered = entry, 0
                if entry and (chosen or entry.type == "d"):
                    covered += sum(length for length, _ in entry.extents)
                    found.update(chosen)
                    yield entry
        self.covers(current, covered)
        for top in {*tops} - found - {b"."}:
            raise Stop(64, "there is no %s in this point" % show(top))

    def covers(self, entry, covered):
        if entry and entry.type == "f" and "h" not in entry.attributes and covered != entry.size:
            tell("damaged", "%s: its extents cover %d of %d bytes" % (show(entry.path), covered, entry.size))

    def file(self, path):
        """The lines of one path, of the first name if it is a hard link."""
        for _ in range(2):
            lines = [entry for entry in self.entries([path]) if entry.path == path]
            if lines and "h" not in lines[0].attributes:
                return lines
            path = lines[0].attributes["h"] if lines else path
        raise Damage("%s: its content has no entry" % show(path))

    def ahead(self, entries, known=()):
        """Passes entries on, having decoded together the frames that the next ones need."""
        window, size = [], 0
        for entry in entries:
            window.append(entry)
            size += sum(extent[0] for extent in entry.extents if extent[1] and extent not in known)
            if size > BATCH or len(window) > 4096:
                yield from self.decoded(window, known)
                window, size = [], 0
        yield from self.decoded(window, known)

    def decoded(self, window, known):
        self.store.prefetch(part[1] for entry in window for part in entry.extents if part[1] and part not in known)
        return window


class Restorer:
    """Makes entries in the order of the index. Each directory is opened from the one that holds it, never through a
    link, so nothing can land outside of the target and no path is too long."""

    def __init__(self, index, target):
        self.index, self.current, self.moved = index, None, {}
        self.above = [(b".", os.open(target, os.O_RDONLY | DIRECTORY), None)]  # path, descriptor, entry

    def add(self, entry):
        if entry.type == "+":
            if self.current and self.current[0].path == entry.path:
                self.write(entry)
            return
        self.close_file()
        with going_on(show(entry.path)):
            try:
                self.make(entry)
            except FileExistsError:
                raise Damage("refused, there is something else under this name")

    def make(self, entry):
        if entry.path == b".":
            if entry.type != "d":
                raise Damage("the top is not a directory")
            self.above[0] = self.above[0][:2] + (entry,)
            return
        while self.above[-1][0] != b"." and not within(entry.path, self.above[-1][0]):
            self.leave()
        top = self.above[-1][0]
        *lost, name = entry.path[0 if top == b"." else len(top) + 1:].split(b"/")
        for part in lost:
            top = part if top == b"." else top + b"/" + part
            self.enter(top, part, None)
            tell("damaged", "%s: the index has no such directory; it has got default metadata" % show(top))
        place = self.above[-1][1]
        if "h" in entry.attributes:
            self.link(entry, place, name)
        elif entry.type == "d":
            self.enter(entry.path, name, entry)
        elif entry.type == "f":
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            self.current = [entry, os.open(name, flags, 0o600, dir_fd=place), 0]
            self.write(entry)
        elif entry.type == "s":
            tell("note", "%s: a socket, not restored" % show(entry.path))
        else:
            if entry.type == "l":
                os.symlink(entry.attributes.get("t", b""), name, dir_fd=place)
            else:
                os.mknod(name, KINDS[entry.type] | 0o600, entry.device, dir_fd=place)
            self.metadata(entry, name, dir_fd=place, follow_symlinks=False)

    def enter(self, path, name, entry):
        os.mkdir(name, 0o700, dir_fd=self.above[-1][1])
        self.above.append((path, os.open(name, os.O_RDONLY | DIRECTORY, dir_fd=self.above[-1][1]), entry))

    def leave(self):
        """Gives a directory its metadata: all that it holds has been made."""
        path, fd, entry = self.above.pop()
        if entry:
            self.metadata(entry, fd)
        os.close(fd)

    def link(self, entry, place, name):
        first = entry.attributes["h"]
        *above, last = self.moved.get(first, first).split(b"/")
        if NOT_NAMES & {*above, last}:
            raise Damage("refused, a hard link to %s" % show(first))
        fd = os.dup(self.above[0][1])
        try:
            for part in above:
                fd, parent = os.open(part, os.O_PATH | DIRECTORY, dir_fd=fd), fd
                os.close(parent)
            os.link(last, name, src_dir_fd=fd, dst_dir_fd=place, follow_symlinks=False)
        except FileNotFoundError:  # the first name is not among the chosen ones (or was lost): this one takes its place
            self.moved[first] = entry.path
            try:
                lines = Index(self.index.store, self.index.point).file(first)
            except Stop as error:
                raise Damage(error.args[1])
            for line in lines:
                self.add(line._replace(path=entry.path))
        except NotADirectoryError:
            raise Damage("refused, a hard link to %s, not below directories" % show(first))
        finally:
            os.close(fd)

    def write(self, entry):
        for length, chunk in entry.extents:
            start, written = self.current[2], 0
            with going_on("%s: bytes %d to %d are zeros now" % (show(entry.path), start, start + length)):
                data = self.index.store.chunk(chunk, length) if chunk else b""
                while written < len(data):
                    written += os.pwrite(self.current[1], data[written:], start + written)
            self.current[2] += length

    def close_file(self):
        if self.current:
            (entry, fd, _), self.current = self.current, None
            with going_on(show(entry.path)):
                if os.fstat(fd).st_size != entry.size:  # a hole at the end
                    os.truncate(fd, entry.size)
            self.metadata(entry, fd)
            os.close(fd)

    def metadata(self, entry, target, **where):
        """Owner first, because chown drops set-id bits and capabilities; times last."""
        mode, path = entry.mode, b"/proc/self/fd/%d/%s" % (where["dir_fd"], target) if where else target
        if os.geteuid() == 0:
            with going_on("owner of " + show(entry.path)):
                os.chown(target, entry.uid, entry.gid, **where)
        elif (entry.uid, entry.gid) != (os.geteuid(), os.getegid()):
            mode &= 0o1777  # somebody else's set-id program must not become one of ours
        for name, value in entry.attributes["x"]:
            with going_on("attribute %s of %s" % (show(name), show(entry.path))):
                os.setxattr(path, name, value, follow_symlinks=not where)
        with going_on("mode or time of " + show(entry.path)):
            if entry.type != "l":
                os.chmod(target, mode, dir_fd=where.get("dir_fd"))
            os.utime(target, ns=(entry.mtime, entry.mtime), **where)


def sources(repository):
    """The sources' directories by name, if this program knows the repository's format."""
    top, found, known = os.path.join(repository, "sources"), {}, FORMAT
    if not os.path.isdir(top):
        raise Stop(10, "there is no repository at %s (say where with -r)" % repository)
    try:
        with open(os.path.join(repository, "repository.json"), "rb") as file:
            known = json.loads(file.read(MAX_POINT))["format"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        tell("damaged", "repository.json: %s" % error)
    if known != FORMAT:
        raise Stop(13, "%s has format %s and this is for format %d: take a newer one" % (repository, known, FORMAT))
    for folder, names, _ in os.walk(top):
        if "points" in names or "packs" in names:
            found[os.path.relpath(folder, top)] = folder
        names[:] = sorted({*names} - {"points", "packs", "trash"})
    return found

def points(folder):
    names = os.listdir(os.path.join(folder, "points")) if os.path.isdir(os.path.join(folder, "points")) else ()
    ids = [re.fullmatch(r"(\d{8}T\d{6}Z)(?:_(\d+))?\.json", name) for name in names]
    return [match.string[:-5] for match in sorted(filter(None, ids), key=lambda match: (match[1], int(match[2] or 1)))]

def load(folder, id):
    """A point: {"point":DOCUMENT,"sha256":"DIGEST OF DOCUMENT"}"""
    with open(os.path.join(folder, "points", id + ".json"), "rb") as file:
        data = file.read(MAX_POINT + 1)
    match = re.fullmatch(rb'\{"point":(.*),"sha256":"([0-9a-f]{64})"\}\n', data, re.DOTALL)
    if len(data) > MAX_POINT or not match or hashlib.sha256(match[1]).hexdigest() != match[2].decode():
        raise Damage("point %s: it does not match its SHA-256" % id)
    try:
        point = json.loads(match[1])
        if point["format"] == FORMAT:
            return point
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damage("point %s: %r" % (id, error))
    raise Stop(13, "point %s has format %s and this is for format %d" % (id, point["format"], FORMAT))

def choose(found, text):
    """The index of the point that SOURCE[@POINT] means. The kind (tree/) may be left out."""
    for name, at in (text, "latest"), text.rpartition("@")[::2]:
        hits = [source for source in found if name in (source, source.partition("/")[2])]
        if name and len(hits) == 1:
            ids = points(found[hits[0]])
            # A whole id means that point or none, not the second one of its second.
            whole = re.fullmatch(r"\d{8}T\d{6}Z(_\d+)?", at)
            fit = ids[-1:] if at == "latest" else [id for id in ids if (id == at if whole else id.startswith(at))]
            if len(fit) == 1:
                return Index(Store(os.path.join(found[hits[0]], "packs")), load(found[hits[0]], fit[0]))
            raise Stop(64, "%d points of %s fit %s: %s" % (len(fit), hits[0], at, " ".join(fit or ids)))
    raise Stop(64, "cannot tell which source %s is; there are: %s" % (text, " ".join(sorted(found))))

def put(text):
    sys.stdout.buffer.write(os.fsencode(text))

def path(text):
    return os.fsencode(os.path.normpath("/" + text).lstrip("/") or ".")

def show_points(found, options):
    for name, folder in sorted(found.items()):
        put(name + "\n")
        for id in points(folder):
            with going_on(name):
                point = load(folder, id)
                put("  %-20s %s  %s\n" % (id, point.get("state"), json.dumps(point.get("statistics"))))

def show_entries(found, options):
    for entry in choose(found, options.source).entries([path(options.path)]):
        if entry.type != "+" and within(entry.path, path(options.path)):
            link = " -> " + show(entry.attributes.get("t", b"")) if entry.type == "l" else ""
            seconds = entry.mtime // 10**9
            when = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(seconds)) if abs(seconds) < 2**36 else str(seconds)
            put("%s %d %d %d %s %s%s\n" % (stat.filemode(KINDS[entry.type] | entry.mode), entry.uid, entry.gid,
                                           entry.size, when, show(entry.path), link))

def cat(found, options):
    index = choose(found, options.source)
    for entry in index.ahead(index.file(path(options.path))):
        for length, chunk in entry.extents:
            if chunk:
                sys.stdout.buffer.write(index.store.chunk(chunk, length))
            for start in range(0, 0 if chunk else length, MIB):
                sys.stdout.buffer.write(bytes(min(MIB, length - start)))

def restore(found, options):
    index = choose(found, options.source)
    os.makedirs(options.to, exist_ok=True)
    if os.listdir(options.to):
        raise Stop(64, "%s is not empty; restore into a new directory and move things afterwards" % options.to)
    for name in "system.posix_acl_default", "system.posix_acl_access":  # would be inherited by what is restored
        with contextlib.suppress(OSError):
            os.removexattr(options.to, name)
    if os.geteuid():
        tell("note", "owners are only restored by root")
    restorer = Restorer(index, options.to)
    try:
        for entry in index.ahead(index.entries([path(text) for text in options.path or ["."]])):
            restorer.add(entry)
            told["entries"] += entry.type != "+"
    finally:
        restorer.close_file()
        while restorer.above:
            restorer.leave()
    put("restored %d entries to %s\n" % (told["entries"], options.to))

def check_place(entry, above, firsts):
    """That an entry is in a directory, and that a hard link leads to an earlier entry."""
    while len(above) > 1 and not within(entry.path, above[-1]):
        above.pop()
    parent = entry.path.rpartition(b"/")[0] or b"."
    if entry.type == "d":
        above.append(entry.path)
    elif entry.type != "+" and "h" not in entry.attributes:
        firsts.add(hash(entry.path))
    if parent not in above[-2:]:
        raise Damage("the index has no directory of it")
    if "h" in entry.attributes and hash(entry.attributes["h"]) not in firsts:
        raise Damage("a hard link to what is not in the index before it")

def check(found, options):
    chosen = {name: found[name] for name in found if options.source in (None, name, name.partition("/")[2])}
    if not chosen:
        raise Stop(64, "there is no source %s" % options.source)
    for name, folder in sorted(chosen.items()):
        store, good, ids = Store(os.path.join(folder, "packs")), set(), points(folder)
        for pack in store.packs:
            for i in range(len(pack)):
                with going_on(name):
                    pack.place(i)
                    if i and pack[i - 1] >= pack[i]:
                        raise Damage("%s: its chunks are not sorted at number %d" % (pack.name, i))
        for id in ids:
            with going_on("%s@%s" % (name, id)):
                index, above, firsts = Index(store, load(folder, id)), [b"."], set()
                for entry in index.ahead(index.entries(), good):
                    with going_on("%s@%s: %s" % (name, id, show(entry.path[:1000]))):
                        check_place(entry, above, firsts)
                    for length, chunk in entry.extents:
                        if chunk and (length, chunk) not in good:
                            with going_on("%s@%s: %s" % (name, id, show(entry.path))):
                                store.chunk(chunk, length)
                                good.add((length, chunk))
        put("%s: %d points, %d packs, %d chunks read and hashed\n" % (name, len(ids), len(store.packs), len(good)))

def main():
    class Parser(argparse.ArgumentParser):
        def error(self, message):
            raise Stop(64, "%s (see --help)" % message)
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("-r", "--repository")
    parser = Parser(parents=[common], description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(run=show_points)
    commands = parser.add_subparsers(metavar="list, restore, cat, check")
    for name, run, source in ("list", show_entries, 1), ("restore", restore, 1), ("cat", cat, 1), ("check", check, "?"):
        command = commands.add_parser(name, parents=[common])
        command.set_defaults(run=run)
        command.add_argument("source", nargs=None if source == 1 else source)
        if run is restore:
            command.add_argument("--to", required=True)
            command.add_argument("--path", action="append")
        elif run is not check:
            command.add_argument("path", nargs="?" if run is show_entries else None, default=".")
    try:
        options = parser.parse_args()
        many = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (many, many))  # one for each pack and each level of directories
        here = os.path.dirname(os.path.abspath(__file__))
        options.run(sources(getattr(options, "repository", here)), options)
        sys.stdout.flush()
    except Damage as error:
        tell("damaged", error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except (OSError, Stop) as error:
        tell("error", error.args[1] if isinstance(error, Stop) else error)
        return 20 if told["damaged"] else error.args[0] if isinstance(error, Stop) else 1
    return 20 if told["damaged"] else 1 if told["problem"] else 0

if __name__ == "__main__":
    sys.exit(main())
