#!/usr/bin/env python3
"""Tests of rescue.py: against repositories of minirepo.py, and, if $BACKUPCTL names the program, against real ones.

  python3 -m unittest discover -s Tests/Rescue      (as root also: owners, devices, other users' attributes)
"""
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
RESCUE = os.path.join(HERE, "..", "..", "Sources", "BackupRepository", "Resources", "rescue.py")
BACKUPCTL = os.environ.get("BACKUPCTL")
ROOT = os.geteuid() == 0
sys.path.insert(0, HERE)
import minirepo  # noqa: E402

ACL = bytes.fromhex(
    "02000000" "01000600ffffffff" "020004000a000000" "04000400ffffffff" "10000600ffffffff" "20000400ffffffff")


def holes(fd, size):
    """The data ranges of a file, as the file system tells them."""
    ranges, at = [], 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            break
        at = os.lseek(fd, start, os.SEEK_HOLE)
        ranges.append((start, at))
    return ranges


def describe(directory, sparse=True):
    """All that a restore must bring back of a tree: path -> facts. By directory descriptors: no path is too long."""
    found, inodes = {}, {}

    def visit(fd, path):
        for name in [b"."] if path is None else sorted(os.listdir(fd)):
            name = os.fsencode(name)
            full = name if path in (None, b".") else path + b"/" + name
            status = os.stat(name, dir_fd=fd, follow_symlinks=False)
            place = b"/proc/self/fd/%d/%s" % (fd, name)
            facts = {"mode": status.st_mode, "owner": (status.st_uid, status.st_gid), "mtime": status.st_mtime_ns,
                     "xattrs": {key: os.getxattr(place, key, follow_symlinks=False)
                                for key in os.listxattr(place, follow_symlinks=False)}}
            if not stat.S_ISDIR(status.st_mode):
                facts["first"] = inodes.setdefault((status.st_dev, status.st_ino), full)
                facts["links"], facts["size"] = status.st_nlink, status.st_size
            if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
                facts["device"] = status.st_rdev
            if stat.S_ISLNK(status.st_mode):
                facts["target"] = os.readlink(name, dir_fd=fd)
            if stat.S_ISREG(status.st_mode):
                file = os.open(name, os.O_RDONLY, dir_fd=fd)
                data, at = minirepo.hashlib.sha256(), 0
                while at < status.st_size:
                    part = os.pread(file, 1 << 20, at)
                    data.update(part)
                    at += len(part)
                facts["content"] = data.hexdigest()
                if sparse:
                    facts["data"] = holes(file, status.st_size)
                os.close(file)
            if not stat.S_ISSOCK(status.st_mode):
                found[full] = facts
            if stat.S_ISDIR(status.st_mode):
                below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
                if path is None:
                    visit(below, b".")
                else:
                    visit(below, full)
                os.close(below)

    top = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        visit(top, None)
    finally:
        os.close(top)
    return found


def write(path, data, at=0):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(fd, data, at)
    os.close(fd)


def noise(count, seed=b"noise"):
    return b"".join(minirepo.digest(seed + b"%d" % number) for number in range(count // 32))


def deep(directory, levels):
    """A file below directories whose path is longer than PATH_MAX."""
    fd = os.open(directory, os.O_RDONLY)
    for level in range(levels):
        name = "deep-%03d-" % level + "x" * 190
        os.mkdir(name, dir_fd=fd)
        fd, above = os.open(name, os.O_RDONLY, dir_fd=fd), fd
        os.close(above)
    file = os.open("bottom", os.O_WRONLY | os.O_CREAT, dir_fd=fd)
    os.write(file, b"far down\n")
    os.close(file)
    os.close(fd)


def make_tree(top, levels=30):
    """A tree that has everything; 30 levels are deeper than PATH_MAX."""
    join = lambda *names: os.path.join(os.fsencode(top), *names)  # noqa: E731
    os.makedirs(join(b"dir", b"empty"))
    write(join(b"empty"), b"")
    write(join(b"hello"), b"hello, world\n")
    write(join(b"hello-copy"), b"hello, world\n")
    write(join(b"dir.sorts-before-slash"), b"1")
    write(join(b"dir-sorts-before-slash"), b"2")
    write(join(b"large"), noise(400_000))
    write(join(b"\xff\xfe not UTF-8 \x01\t\n\\x41"), b"odd name\n")
    os.mkdir(join(b"dir", b"\xe9"))
    write(join(b"dir", b"\xe9", b"below"), b"below an odd name\n")
    os.link(join(b"hello"), join(b"dir", b"linked"))
    os.link(join(b"hello"), join(b"zlinked"))
    os.symlink(b"../some/where \xff", join(b"dir", b"symlink"))
    os.symlink(b"/etc", join(b"link-to-directory"))
    os.mkfifo(join(b"fifo"), 0o622)
    write(join(b"sparse"), b"start")
    write(join(b"sparse"), noise(20_000), at=5 << 20)
    os.truncate(join(b"sparse"), 12 << 20)
    write(join(b"all-hole"), b"")
    os.truncate(join(b"all-hole"), 16 << 20)
    write(join(b"old"), b"before 1970\n")
    write(join(b"future"), b"far in the future\n")
    write(join(b"attributes"), b"attributes\n")
    os.setxattr(join(b"attributes"), b"user.one:two\\", b"\0\xff value")
    os.setxattr(join(b"attributes"), b"user.empty", b"")
    os.setxattr(join(b"attributes"), b"system.posix_acl_access", ACL)
    os.setxattr(join(b"dir"), b"system.posix_acl_default", ACL)
    listener = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(top)
    listener.bind("socket")
    os.chdir(here)
    listener.close()
    if ROOT:
        os.mknod(join(b"null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.mknod(join(b"block"), stat.S_IFBLK | 0o660, os.makedev(259, 70000))
        os.chown(join(b"old"), 12345, 4_000_000_000)
        os.chown(join(b"link-to-directory"), 7, 8, follow_symlinks=False)
        write(join(b"capable"), b"#!\n")
        os.setxattr(join(b"capable"), b"security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
        os.setxattr(join(b"link-to-directory"), b"trusted.link", b"of a link", follow_symlinks=False)
    os.chmod(join(b"hello"), 0o4751)
    deep(top, levels)
    os.utime(join(b"old"), ns=(0, -1_500_000_001))
    os.utime(join(b"future"), ns=(0, 9_000_000_000_000_000_123))
    os.utime(join(b"dir", b"symlink"), ns=(0, 1_234_567_890_987_654_321), follow_symlinks=False)
    os.chmod(join(b"dir", b"empty"), 0o1700)
    os.chmod(join(b"dir"), 0o2551)
    for path in (join(b"dir", b"empty"), join(b"dir"), os.fsencode(top)):
        os.utime(path, ns=(0, 1_000_000_000_000_000_007))


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="rescue-test-")
        self.addCleanup(subprocess.run, ["rm", "-rf", self.top], check=True)
        self.addCleanup(subprocess.run, ["chmod", "-R", "u+rwx", self.top], stderr=subprocess.DEVNULL)
        self.repository, self.out = os.path.join(self.top, "repository"), os.path.join(self.top, "a", "b", "out")

    def rescue(self, *arguments, code=0):
        result = subprocess.run([sys.executable, RESCUE, "-r", self.repository, *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=300)
        self.assertEqual(result.returncode, code, result.stderr.decode("utf-8", "replace")[-3000:])
        self.assertNotIn(b"Traceback", result.stderr)
        return result

    def assertSameTree(self, expected, directory, **options):
        found = describe(directory, **options)
        self.assertEqual(sorted(expected), sorted(found))
        for path, facts in expected.items():
            self.assertEqual(facts, found[path], path)


class RoundTrip(Case):
    def setUp(self):
        super().setUp()
        self.tree = os.path.join(self.top, "tree")
        os.mkdir(self.tree)
        make_tree(self.tree)
        self.expected = describe(self.tree)
        minirepo.archive(minirepo.Repository(self.repository), self.tree)

    def test_restores_everything_of_a_tree(self):
        result = self.rescue("restore", "t", "--to", self.out)
        self.assertIn(b"note: socket: a socket, not restored", result.stderr)
        self.assertSameTree(self.expected, self.out)
        self.assertEqual(os.stat(os.path.join(self.out, "all-hole")).st_blocks, 0)

    def test_does_not_inherit_access_control_lists_of_the_target(self):
        os.makedirs(self.out)
        os.setxattr(self.out, "system.posix_acl_default", ACL)
        self.rescue("restore", "tree/t@latest", "--to", self.out)
        self.assertSameTree(self.expected, self.out)

    def test_restores_chosen_paths_with_the_directories_above(self):
        self.rescue("restore", "t@20261122", "--to", self.out, "--path", "dir/linked", "--path", b"/dir/\xe9",
                    "--path", "zlinked")
        found = describe(self.out)
        self.assertEqual(sorted(found), [b".", b"dir", b"dir/linked", b"dir/\xe9", b"dir/\xe9/below", b"zlinked"])
        for path in (b".", b"dir", b"dir/\xe9/below"):
            self.assertEqual(found[path], self.expected[path])
        self.assertEqual(found[b"dir/linked"]["content"], self.expected[b"hello"]["content"])
        self.assertEqual(found[b"zlinked"]["first"], b"dir/linked")

    def test_writes_a_file_to_standard_output(self):
        self.assertEqual(self.rescue("cat", "t@20261122T050000Z", "large").stdout, noise(400_000))
        self.assertEqual(self.rescue("cat", "t", "zlinked").stdout, b"hello, world\n")
        sparse = self.rescue("cat", "t", "sparse").stdout
        self.assertEqual((len(sparse), sparse[:6]), (12 << 20, b"start\0"))

    def test_copes_with_a_reader_that_stops_and_a_locale_without_letters(self):
        listing = subprocess.Popen([sys.executable, RESCUE, "-r", self.repository, "cat", "t", "sparse"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"})
        self.assertEqual(listing.stdout.read(5), b"start")
        listing.stdout.close()
        self.assertEqual((listing.stderr.read(), listing.wait()), (b"", 0))
        listing.stderr.close()

    def test_lists_points_and_entries(self):
        self.assertIn(b"tree/t\n  20261122T050000Z", self.rescue().stdout)
        listing = self.rescue("list", "t", "dir").stdout
        self.assertIn(b" dir/symlink -> ../some/where \xff\n", listing)
        self.assertNotIn(b"hello-copy", listing)
        self.assertIn(b"not UTF-8 \\x01\\x09\\x0a\\x5cx41\n", self.rescue("list", "t").stdout)

    def test_finds_nothing_wrong_in_a_good_repository(self):
        self.assertIn(b"tree/t: 1 points, 1 packs", self.rescue("check").stdout)
        self.assertIn(b"tree/t: 1 points", self.rescue("check", "t").stdout)

    def test_restores_from_the_copy_in_the_repository(self):
        shutil.copy(RESCUE, self.repository)
        copy = os.path.join(self.repository, "rescue.py")
        self.assertEqual(subprocess.run([sys.executable, copy, "restore", "t", "--to", self.out]).returncode, 0)
        self.assertSameTree(self.expected, self.out)

    def test_refuses_a_directory_that_is_not_empty(self):
        os.makedirs(os.path.join(self.out, "something"))
        self.assertIn(b"is not empty", self.rescue("restore", "t", "--to", self.out, code=64).stderr)

    def test_names_what_there_is_when_a_name_is_wrong(self):
        self.assertIn(b"tree/t", self.rescue("list", "nothing", code=64).stderr)
        self.assertIn(b"20261122T050000Z", self.rescue("list", "t@2025", code=64).stderr)
        self.assertIn(b"there is no nothing", self.rescue("cat", "t", "nothing", code=64).stderr)
        self.rescue("restore", "t", code=64)
        self.rescue("frobnicate", code=64)
        self.repository = self.top
        self.assertIn(b"no repository", self.rescue(code=10).stderr)

    def test_never_takes_a_whole_id_for_another_point_of_its_second(self):
        points = os.path.join(self.repository, "sources/tree/t/points")
        os.rename(os.path.join(points, "20261122T050000Z.json"), os.path.join(points, "20261122T050000Z_2.json"))
        self.assertIn(b"0 points of tree/t fit 20261122T050000Z", self.rescue("list", "t@20261122T050000Z", code=64).stderr)
        self.rescue("list", "t@20261122T050000Z_2")
        self.rescue("list", "t@20261122T0500")

    def test_says_what_to_install_when_zstd_is_missing(self):
        result = subprocess.run([sys.executable, RESCUE, "-r", self.repository, "check"], env={"PATH": "/nonexistent"},
                                stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 31)
        self.assertIn(b"install the package zstd", result.stderr)


class OlderPoints(Case):
    def test_restores_each_point_with_its_own_content(self):
        repository, trees = minirepo.Repository(self.repository, "tree/a@b/c"), {}
        for number in range(1, 12):
            tree = os.path.join(self.top, "tree%d" % number)
            os.mkdir(tree)
            write(os.path.join(tree, "same"), b"same in all\n")
            write(os.path.join(tree, "changed"), b"state %d\n" % number)
            id = "20261122T050000Z" + ("_%d" % number if number > 1 else "")
            minirepo.archive(repository, tree, id)
            trees[id] = describe(tree)
        for number, (id, expected) in enumerate(trees.items()):
            out = self.out + str(number)
            self.rescue("restore", "a@b/c@" + id, "--to", out)
            self.assertSameTree(expected, out)
        self.assertEqual(self.rescue("cat", "a@b/c", "changed").stdout, b"state 11\n")

    def test_takes_a_chunk_from_another_pack_when_one_is_damaged(self):
        repository = minirepo.Repository(self.repository)
        tree = os.path.join(self.top, "tree")
        os.mkdir(tree)
        write(os.path.join(tree, "file"), noise(3200))
        minirepo.archive(repository, tree)
        pack = minirepo.PackWriter()
        pack.add(b"file", [noise(3200)[at:at + 1000] for at in range(0, 3200, 1000)])
        repository.add_pack(pack, number=2, spoil_frame=0)
        pack.chunks = {name: (9999, 0, 1000) for name in pack.chunks}
        repository.add_pack(pack, "20261121T050000Z")
        self.rescue("restore", "t", "--to", self.out)
        self.assertSameTree(describe(tree), self.out)


class Images(Case):
    """The image of a volume: lines that hold the extents of 64 blocks each, however few, and holes over many of them."""
    BLOCK = 4096

    def setUp(self):
        super().setUp()
        self.repository_, pack = minirepo.Repository(self.repository, "volume/pve/vm-101-disk-0"), minirepo.PackWriter()
        blocks = {number: b"%08d" % number + os.urandom(self.BLOCK - 8) for number in (0, 1, 3, 64, 65, 500, 700)}
        size = 1000 * self.BLOCK
        self.content = b"".join(blocks.get(number, bytes(self.BLOCK)) for number in range(1000))
        for number, data in blocks.items():
            pack.add(b".backupctl/parts/volume.img/%d" % (number * self.BLOCK), [data])
        extents, at = [], 0
        for number in [*sorted(blocks), 1000]:
            if number > at:
                extents.append((at * self.BLOCK, (number - at) * self.BLOCK, None))
            if number < 1000:
                extents.append((number * self.BLOCK, self.BLOCK, minirepo.digest(blocks[number])))
            at = number + 1
        lines = {}
        for offset, length, chunk in extents:
            lines.setdefault(offset // (64 * self.BLOCK), []).append((offset, length, chunk))
        texts = []
        for group in sorted(lines):
            listed = [(length, chunk) for _, length, chunk in lines[group]]
            line = minirepo.line(b"volume.img", "f", 0o600, size=size, extents=listed)[0]
            if group:
                line = b"\t".join([b"volume.img", b"+", b"%d" % lines[group][0][0], line.split(b"\t")[11]])
            texts.append(line)
        self.assertGreater(len(texts), 3)
        root, level = self.repository_.index(pack, minirepo.line(b".", "d", 0o700) + texts, block_size=200)
        self.assertGreater(level, 0)
        self.repository_.add_point(root, level, volume={"group": "pve", "name": "vm-101-disk-0", "mode": "image"})
        self.repository_.add_pack(pack)

    def test_restores_an_image_to_a_sparse_raw_file(self):
        self.rescue("restore", "pve/vm-101-disk-0", "--to", self.out)
        path = os.path.join(self.out, "volume.img")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), self.content)
            data = holes(file.fileno(), len(self.content))
        self.assertEqual([start // self.BLOCK for start, _ in data], [0, 3, 64, 500, 700])
        self.assertLess(os.stat(path).st_blocks * 512, 20 * self.BLOCK)

    def test_writes_an_image_to_standard_output(self):
        self.assertEqual(self.rescue("cat", "volume/pve/vm-101-disk-0", "volume.img").stdout, self.content)

    def test_finds_the_image_whole(self):
        self.rescue("check", "volume/pve/vm-101-disk-0")


class ManyFiles(Case):
    def test_restores_twenty_thousand_files_in_seconds(self):
        pack, lines = minirepo.PackWriter(1 << 20), minirepo.line(b".", "d", 0o755)
        for directory in range(100):
            lines += minirepo.line(b"d%02d" % directory, "d", 0o755)
            for number in range(200):
                data = b"%d/%d" % (directory, number) * 50
                path = b"d%02d/f%03d" % (directory, number)
                pack.add(path, [data])
                lines += minirepo.line(path, "f", size=len(data), extents=[(len(data), minirepo.digest(data))])
        repository = minirepo.Repository(self.repository)
        repository.add_point(*repository.index(pack, lines, block_size=100_000))
        repository.add_pack(pack)
        begun = time.monotonic()
        self.rescue("restore", "t", "--to", self.out)
        self.assertLess(time.monotonic() - begun, 60)
        self.assertEqual(sum(len(files) for _, _, files in os.walk(self.out)), 20_000)


class Hostile(Case):
    """Each kind is refused or reported, leaves nothing outside of the target, and does no harm to what is good."""

    NEWER = {"newer-point", "newer-repository"}
    ALL_LOST = {"duplicate-entry", "unsorted", "missing-pack", "bad-escape", "cyclic-index", "repeated-index",
                "deep-level", "negative-level", "truncated-pack", "truncated-front", "empty-pack", "toc-chunk-outside",
                "toc-frame-outside", "toc-frames-overlap", "toc-runs", "toc-huge-counts", "spoilt-point"}

    def test_is_stopped_at_every_kind(self):
        for kind, make in minirepo.HOSTILE.items():
            with self.subTest(kind):
                base = os.path.join(self.top, kind)
                self.repository, self.out = os.path.join(base, "repository"), os.path.join(base, "a", "b")
                make(minirepo.Repository(self.repository))
                code = 13 if kind in self.NEWER else 20
                result = self.rescue("restore", "t", "--to", self.out, code=code)
                self.assertRegex(result.stderr, b"has format 2" if code == 13 else b"(?m)^damaged: ")
                self.assertLessEqual(set(os.listdir(base)), {"repository", "a"})
                if os.path.isdir(os.path.join(base, "a")):
                    self.assertEqual(os.listdir(os.path.join(base, "a")), ["b"])
                self.assertFalse(os.path.exists("/tmp/escaped"))
                self.assertNotIn("passwd", os.listdir(self.out) if os.path.isdir(self.out) else [])
                if kind not in self.NEWER | self.ALL_LOST | {"damaged-frame"}:
                    with open(os.path.join(self.out, "good"), "rb") as file:
                        self.assertEqual(file.read(), minirepo.GOOD)
                self.rescue("check", code=13 if kind in self.NEWER else 20)

    def test_names_path_and_chunk_of_damage_and_restores_the_rest(self):
        minirepo.HOSTILE["damaged-frame"](minirepo.Repository(self.repository))
        result = self.rescue("restore", "t", "--to", self.out, code=20)
        lost = minirepo.digest(minirepo.GOOD).hex().encode()
        self.assertRegex(result.stderr, b"damaged: good: bytes 0 to 13 are zeros now: chunk " + lost)
        self.assertEqual(os.path.getsize(os.path.join(self.out, "noise")), 3200)
        self.assertRegex(self.rescue("check", code=20).stderr, b"damaged: tree/t@20261122T050000Z: good: chunk " + lost)

    def test_sees_every_damaged_frame_byte_of_a_small_pack(self):
        minirepo.plain(minirepo.Repository(self.repository))
        name = os.path.join(self.repository, "sources/tree/t/packs/20261122T050000Z-0001.tar.zst")
        with open(name, "rb") as file:
            data = file.read()
        for at in range(0, len(data), 23):
            with self.subTest(at), open(name, "wb") as file:
                file.write(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1:])
                file.flush()
                result = subprocess.run([sys.executable, RESCUE, "-r", self.repository, "restore", "t", "--to",
                                         self.out + str(at)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
                self.assertNotIn(b"Traceback", result.stderr)
                good = os.path.join(self.out + str(at), "good")
                if result.returncode == 0:  # a byte of the tar's own, that no chunk needs
                    with open(good, "rb") as restored:
                        self.assertEqual(restored.read(), minirepo.GOOD)
                else:
                    self.assertEqual(result.returncode, 20, result.stderr)


@unittest.skipUnless(BACKUPCTL, "BACKUPCTL does not name the program")
class RealProgram(Case):
    def backupctl(self, *arguments, codes=(0,)):
        result = subprocess.run([BACKUPCTL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertIn(result.returncode, codes, result.stderr.decode("utf-8", "replace"))

    def assertRsyncFindsNoDifference(self, tree, restored):
        if not shutil.which("rsync"):
            return
        acls = "A" if b" ACLs" in subprocess.check_output(["rsync", "--version"]) else ""
        options = ["-aHX" + acls, "--checksum", "--dry-run", "--itemize-changes", "--delete",
                   "--exclude=/socket", "--exclude=deep-*"]  # rsync cannot follow paths beyond PATH_MAX
        changes = subprocess.run(["rsync", *options, tree + "/", restored + "/"], stdout=subprocess.PIPE, check=True)
        self.assertEqual(changes.stdout, b"")

    def archive(self, tree):
        """Archives the tree, restores the new point, compares; returns the point's id and what the tree was like."""
        self.backupctl("archive", "-r", self.repository, tree, "--as", "t", codes=(0, 3))
        expected = describe(tree, sparse=False)
        points = os.listdir(os.path.join(self.repository, "sources/tree/t/points"))
        names = sorted(name for name in points if name.endswith(".json"))
        self.restore(names[-1][:-5], expected)
        self.assertRsyncFindsNoDifference(tree, os.path.join(self.top, names[-1][:-5]))
        return names[-1][:-5], expected

    def restore(self, id, expected, suffix=""):
        out = os.path.join(self.top, id) + suffix
        self.rescue("restore", "tree/t@" + id, "--to", out)
        self.assertSameTree(expected, out, sparse=False)
        self.assertLess(os.stat(os.path.join(out, "all-hole")).st_blocks, 64)
        self.assertLess(os.stat(os.path.join(out, "sparse")).st_blocks * 512, 1 << 20)

    def test_restores_both_points_of_a_tree_that_changed(self):
        tree = os.path.join(self.top, "tree")
        os.mkdir(tree)
        make_tree(tree)
        write(os.path.join(tree, "database"), noise(6_000_000))
        self.backupctl("init", self.repository)
        first, expected = self.archive(tree)
        with open(os.path.join(tree, "database"), "r+b") as file:
            file.seek(3_000_000)
            file.write(b"changed in the middle")
        os.unlink(os.path.join(tree, "zlinked"))
        os.rename(os.path.join(tree, "hello-copy"), os.path.join(tree, "renamed"))
        write(os.path.join(tree, "new"), noise(3_000_000, b"new"))
        os.chmod(os.path.join(tree, "attributes"), 0o600)
        second, _ = self.archive(tree)
        self.assertNotEqual(first, second)
        self.restore(first, expected, suffix="-again")
        self.rescue("check")
        with open(os.path.join(tree, "database"), "rb") as file:
            self.assertEqual(self.rescue("cat", "t", "database").stdout, file.read())


if __name__ == "__main__":
    unittest.main()
