#!/usr/bin/env python3
"""Programs that know nothing of backupctl read what it wrote; strace counts what an unchanged archive does.

  BACKUPCTL=.build/debug/backupctl python3 Tests/StockTools/test_stock_tools.py
"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import everything  # noqa: E402
import packfile  # noqa: E402

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
ROOT = os.geteuid() == 0
# POSIX wants the time half a second before -1 written as -1.5; libarchive up to 3.7 writes and reads it as -2.5. The index
# is right, so what backupctl and rescue.py restore is too.
FRACTION_BEFORE_1970 = (".f..t...... before-1970",)


def run(*words, check=True, **more):
    result = subprocess.run([os.fsdecode(word) for word in words], capture_output=True, text=True, errors="replace",
                            stdin=subprocess.DEVNULL, check=False, **more)
    if check and result.returncode != 0:
        raise AssertionError(f"{words} ended with {result.returncode}: {result.stdout}{result.stderr}")
    return result


def packs(repository, name="everything"):
    directory = os.path.join(repository, "sources/tree", name, "packs")
    return [os.path.join(directory, file) for file in sorted(os.listdir(directory))]


class Repository(unittest.TestCase):
    """A repository that holds a tree with everything."""

    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="backupctl-stock-")
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.tree = os.path.join(cls.work, "tree")
        os.mkdir(cls.tree)
        everything.make(cls.tree)
        cls.repository = os.path.join(cls.work, "repository")
        run(BACKUPCTL, "init", cls.repository)
        run(BACKUPCTL, "archive", "-r", cls.repository, cls.tree, "--as", "everything")
        cls.packs = packs(cls.repository)


class StockTools(Repository):
    def setUp(self):
        self.out = tempfile.mkdtemp(prefix="out-", dir=self.work)
        self.addCleanup(shutil.rmtree, self.out, ignore_errors=True)

    def differences(self, options, exclude=()):
        """What rsync would still change, were it to make the extracted tree the same as the real one.

        The reserved directory holds the index; a real `.backupctl` of the source comes out below `literal`.
        """
        literal = os.path.join(self.out, ".backupctl/literal/.backupctl")
        self.assertEqual(os.listdir(literal), ["real"])
        with open(os.path.join(literal, "real"), "rb") as file:
            self.assertEqual(file.read(), b"the source has such a directory\n")
        rules = [f"--exclude=/{name}" for name in (".backupctl", *exclude)]
        result = run("rsync", *options, "--checksum", "--dry-run", "--itemize-changes", "--delete", *rules,
                     self.tree + "/", self.out + "/")
        return [line for line in result.stdout.splitlines() if not line.startswith("cannot delete")]

    def extract(self, command):
        for pack in self.packs:
            run("sh", "-c", "set -e; " + command, pack, cwd=self.out)

    def full(self):
        return ["-aHAX", "--numeric-ids"] if ROOT else ["-aHX"]

    def test_gnu_tar_extracts_the_identical_tree(self):
        self.extract("tar --zstd --xattrs --xattrs-include='*' --acls --numeric-owner -xpf \"$0\"")
        self.assertEqual([line for line in self.differences(self.full()) if line not in FRACTION_BEFORE_1970], [])

    def test_bsdtar_extracts_the_identical_tree(self):
        self.extract('bsdtar --numeric-owner --acls --xattrs -xpf "$0"')
        # It doesn't set the time of the directory that it extracts into.
        self.assertEqual([line for line in self.differences(self.full()) if line != ".d..t...... ./"], [])

    def test_python_extracts_the_identical_tree_without_attributes(self):
        # tarfile restores no extended attributes and no ACLs, and times in floating point.
        script = ("import sys, tarfile\n"
                  "with tarfile.open(fileobj=sys.stdin.buffer, mode='r|', errors='surrogateescape') as archive:\n"
                  "    archive.errorlevel = 2\n"
                  "    for member in archive:\n"
                  "        archive.extract(member, set_attrs=True, numeric_owner=True,\n"
                  "                        **({'filter': 'fully_trusted'} if hasattr(tarfile, 'data_filter') else {}))\n")
        self.extract(f"zstd -qdc \"$0\" | python3 -c \"$SCRIPT\"".replace("$SCRIPT", script.replace('"', '\\"')))
        found = self.differences(["-aH", "--numeric-ids", "--modify-window=1"])
        # Directories get their times while they are still being filled, symbolic links none. Without its ACL a file's
        # mode gives the group what the ACL gave it, not the ACL's mask.
        allowed = (".d..t...... ", ".L..t...... ", ".f...p..... with-acl", *FRACTION_BEFORE_1970)
        self.assertEqual([line for line in found if not line.startswith(allowed)], [])

    def test_busybox_extracts_the_contents(self):
        # busybox knows neither sparse members of pax (it writes their map and data under another name) nor attributes,
        # nanoseconds, or times beyond what the plain header holds.
        self.extract('zstd -qdc "$0" | busybox tar -x')
        found = self.differences(["-rlpH", "--no-perms"], exclude=("sparse", "hole", "GNUSparseFile.0", "pipe"))
        self.assertEqual([line for line in found if not line.startswith(("*deleting", "skipping non-regular"))], [])

    def test_all_list_the_same_names(self):
        expected = set()
        for directory, below, files in os.walk(os.fsencode(self.tree)):
            for name in below + files:
                expected.add(os.path.relpath(os.path.join(directory, name), os.fsencode(self.tree)))
        expected = {name for name in expected if not name.startswith(b".backupctl")}

        def names(command):
            listed = set()
            for pack in self.packs:
                output = subprocess.run(["sh", "-c", command, pack], stdout=subprocess.PIPE, check=True).stdout
                listed |= set(output.split(b"\0" if b"\0" in output else b"\n"))
            return {name.removeprefix(b"./").rstrip(b"/") for name in listed} - {b"", b"."}

        python = ("import os, sys, tarfile; [sys.stdout.buffer.write(os.fsencode(m.name) + b'\\0') for m in "
                  "tarfile.open(fileobj=sys.stdin.buffer, mode='r|', errors='surrogateescape')]")
        found = {name for name in names(f'zstd -qdc "$0" | python3 -c "{python}"') if not name.startswith(b".backupctl")}
        self.assertEqual(found, expected)
        for command in ['tar --zstd --quoting-style=literal --show-transformed-names -tf "$0"', 'bsdtar -tf "$0"',
                        'zstd -qdc "$0" | busybox tar -t']:
            found = names(command)
            for name in (b"hello", b"dir/hard-link", b"dir/link", b"pipe", b"name-" + b"l" * 240):
                self.assertIn(name, found, command)


class Packs(Repository):
    def test_zstd_finds_all_packs_whole(self):
        for pack in self.packs:
            run("zstd", "-tq", pack)

    def test_seek_table_leads_to_each_frame(self):
        for pack in self.packs:
            with open(pack, "rb") as file:
                content = file.read()
            frames = packfile.seek_table(content)
            self.assertEqual(sum(frame.size for frame in frames) + packfile.seek_table_size(frames), len(content))
            self.assertEqual(frames[-1].content_size, 0, "the table of contents is listed as an empty frame")
            whole = b""
            for frame in frames[:-1]:
                part = packfile.decompress(content[frame.offset:frame.offset + frame.size])
                self.assertEqual(len(part), frame.content_size)
                whole += part
            self.assertEqual(whole, packfile.decompress(content))
            self.assertEqual(whole[-1024:], bytes(1024))

    def test_frames_have_content_size_and_checksum(self):
        for pack in self.packs:
            with open(pack, "rb") as file:
                content = file.read()
            for frame in packfile.seek_table(content)[:-1]:
                head = content[frame.offset:frame.offset + 5]
                self.assertEqual(head[:4], b"\x28\xb5\x2f\xfd")
                self.assertTrue(head[4] & 0x04, "a checksum")
                self.assertTrue(head[4] & 0x20 or head[4] >> 6, "a content size")
                self.assertEqual(head[4] & 0x03, 0, "no dictionary")

    def test_table_of_contents_names_the_chunks_by_their_hashes(self):
        for pack in self.packs:
            with open(pack, "rb") as file:
                content = file.read()
            frames, chunks = packfile.table_of_contents(content)
            self.assertEqual(sorted(chunk.id for chunk in chunks), [chunk.id for chunk in chunks])
            parts = {}
            for chunk in chunks:
                frame = frames[chunk.frame]
                if chunk.frame not in parts:
                    parts[chunk.frame] = packfile.decompress(content[frame.offset:frame.offset + frame.size])
                data = parts[chunk.frame][chunk.offset:chunk.offset + chunk.length]
                self.assertEqual(packfile.sha256(data), chunk.id)


class Unchanged(Repository):
    """What an archive does in a tree where nothing changed."""

    def test_opens_no_file_and_writes_next_to_nothing(self):
        if not shutil.which("strace"):
            self.skipTest("needs strace")
        many = os.path.join(self.work, "many")
        os.mkdir(many)
        for number in range(2000):
            if number % 100 == 0:
                os.mkdir(os.path.join(many, f"d{number}"))
            everything.write(os.path.join(many, f"d{number // 100 * 100}", f"file-{number}"), b"%d" % number)
        # Files whose ctime is as new as the clock's tick are read again: two archives later none is.
        for _ in range(2):
            run(BACKUPCTL, "archive", "-r", self.repository, many, "--as", "many")
            run("sleep", "0.05")
        before = self.size()
        trace = os.path.join(self.work, "trace")
        run("strace", "-f", "-y", "-e", "trace=openat,openat2,open", "-o", trace,
            BACKUPCTL, "archive", "-r", self.repository, many, "--as", "many")
        with open(trace, encoding="utf-8", errors="replace") as lines:
            # With -y a call ends with `= 5</path/of/the/file>`.
            opened = {line.rsplit("<", 1)[1].split(">")[0] for line in lines if "= " in line and "<" in line.rsplit("= ", 1)[1]}
        self.assertTrue(any(path.startswith(many) for path in opened), "directories are read")
        self.assertEqual([path for path in opened if path.startswith(many) and not os.path.isdir(path)], [])
        self.assertLess(self.size() - before, 4096 + 2021 / 100)

    def size(self):
        total = 0
        for directory, _, files in os.walk(os.path.join(self.repository, "sources/tree/many")):
            total += sum(os.path.getsize(os.path.join(directory, name)) for name in files)
        return total


if __name__ == "__main__":
    unittest.main()
