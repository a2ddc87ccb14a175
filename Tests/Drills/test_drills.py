#!/usr/bin/env python3
"""Drills by the real program: what is whole passes, and each kind of damage is named in one line with point and path.

  BACKUPCTL=.build/debug/backupctl python3 Tests/Drills/test_drills.py

Databases are real: files of SQLite, and a cluster of PostgreSQL that initdb makes for the user postgres.
"""
import glob
import gzip
import json
import os
import pathlib
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
BIN = (sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2])) or [""])[-1]
OK, DEGRADED, DAMAGED, TOOL_MISSING, USAGE = 0, 3, 20, 31, 64
DUMP = """--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
CREATE TABLE public.person (id integer, name text);
COPY public.person (id, name) FROM stdin;
{rows}\\.


--
-- PostgreSQL database dump complete
--

"""


def dump(rows):
    return DUMP.format(rows="".join(f"{n}\tname {n}\n" for n in range(rows)))


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


def needs_postgres(test):
    if os.geteuid() != 0:
        return unittest.skip("only root can act as postgres")(test)
    if not os.access(os.path.join(BIN, "initdb"), os.X_OK):
        return unittest.skip("PostgreSQL is not installed (Debian: postgresql)")(test)
    return test


class Scene(unittest.TestCase):
    """A tree, a repository and a scratch place."""

    def setUp(self):
        # A short path that others may pass through: a socket's may have 107 bytes, and its server is postgres's.
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="bctl-d-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.work.chmod(0o755)
        self.tree, self.scratch = self.work / "tree", self.work / "scratch"
        self.tree.mkdir(mode=0o755)
        self.scratch.mkdir(mode=0o755)
        self.environment = dict(os.environ, BACKUPCTL_REPOSITORY=str(self.work / "repository"),
                                STATE_DIRECTORY=str(self.work / "state"), BACKUPCTL_CONFIG="")
        self.call("init", str(self.work / "repository"))

    def call(self, *words, code=OK):
        result = subprocess.run([BACKUPCTL, *words], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=120, check=False)
        self.assertEqual(result.returncode, code, f"{words}\n{result.stdout}{result.stderr}")
        return result

    def archive(self, name="t"):
        self.call("archive", "-q", str(self.tree), "--as", name)
        return json.loads(self.call("points", name, "--json").stdout)[-1]["point"]

    def drill(self, *words, code=OK):
        result = self.call("drill", "--scratch", str(self.scratch), *words, code=code)
        self.assertEqual(list(self.scratch.iterdir()), [], "the scratch place is left as it was")
        return result

    def finds(self, path, what, *words):
        """Drills and expects exactly one line about one path of the newest point."""
        point = self.archive()
        lines = [line for line in self.drill(*words, code=DAMAGED).stdout.splitlines() if line.startswith("damage: ")]
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(f"damage: tree/t@{point}: {path}: "), lines[0])
        self.assertIn(what, lines[0])

    def database(self, name="app.db", rows=3000):
        connection = sqlite3.connect(self.tree / name)
        connection.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("CREATE INDEX by_name ON person (name)")
        connection.executemany("INSERT INTO person (name) VALUES (?)", ((f"name {n}",) for n in range(rows)))
        connection.commit()
        return connection

    def packs(self):
        return sorted((self.work / "repository/sources/tree/t/packs").glob("*.tar.zst"))


class OnALoopDevice(Scene):
    """What can be seen of it where no thin pool is; the cycle itself is Tests/Volumes/test_loopback_drill.py."""

    def test_takes_nothing_that_belongs_to_other_drills(self):
        for words in (["--loopback", "t"], ["--loopback", "--count", "1"], ["--size", "1GiB"], ["--keep"],
                      ["--loopback", "--size", "1MiB"], ["--loopback", "--size", "much"], ["--loopback", "--probe", "sqlite"],
                      ["--loopback", "--look-inside"], ["--loopback", "--scratch-pool", "pve/data"]):
            with self.subTest(words):
                result = self.call("drill", *words, code=USAGE)
                self.assertIn("--loopback" if "--size" not in words or "--loopback" not in words else "256", result.stderr)

    def test_says_why_there_can_be_none(self):
        targets = subprocess.run(["dmsetup", "targets"], capture_output=True, text=True, check=False).stdout \
            if shutil.which("dmsetup") else ""
        if os.geteuid() == 0 and "thin-pool" in targets:
            self.skipTest("there can be one here")
        result = self.call("drill", "--loopback", "--scratch", str(self.scratch),
                           code=1 if os.geteuid() != 0 or all(map(shutil.which, ("lvcreate", "thin_check", "mkfs.ext4")))
                           else TOOL_MISSING)
        self.assertIn("cannot drill on a loop device", result.stderr)
        self.assertIn("hint:", result.stderr)
        self.assertEqual(list(self.scratch.iterdir()), [])

    def test_the_sample_of_a_job_calls_what_there_is(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        page = (root / "docs/continuous-integration.md").read_text()
        sample = page.split("```yaml sample-job\n")[1].split("```")[0]
        commands = [line.split("run:", 1)[1].strip() for line in sample.splitlines() if "run:" in line]
        made = [command.split()[1] for command in commands if command.startswith("make ")]
        self.assertEqual(made, ["drill"])
        targets = (root / "Makefile").read_text().splitlines()
        self.assertTrue(any(line.startswith("drill:") for line in targets))
        packages = [word for word in commands[0].split("install")[-1].split() if not word.startswith("-")]
        listed = (root / "scripts/install-packages").read_text()
        for package in packages:
            self.assertIn(package, listed)


class Repository(Scene):
    def test_a_whole_point_passes_and_is_listed_with_what_was_measured(self):
        (self.tree / "a").write_text("a\n", encoding="ascii")
        point = self.archive()
        row = json.loads(self.call("drills", "list", "--json").stdout)[0]
        self.assertNotIn("drilled", row)
        self.assertRegex(self.drill().stdout, rf"tree/t +{point} .* ok\n")
        row = json.loads(self.call("drills", "--json").stdout)[0]
        self.assertEqual((row["source"], row["point"], row["result"]), ("tree/t", point, "ok"))
        self.assertGreater(row["restoreSeconds"], 0)
        self.assertGreaterEqual(row["ageSeconds"], 0)
        self.assertEqual({probe["probe"]: probe["result"] for probe in row["probes"]}, {"sqlite": "none", "dump": "none"})

    def test_a_flipped_bit_in_a_pack_is_found(self):
        (self.tree / "noise").write_bytes(os.urandom(300_000))
        self.archive()
        pack = self.packs()[0]
        content = bytearray(pack.read_bytes())
        content[100_000] ^= 1
        pack.write_bytes(content)
        self.finds("noise", "does not match its checksum")

    def test_a_missing_pack_is_found(self):
        (self.tree / "first").write_bytes(os.urandom(50_000))
        self.archive()
        (self.tree / "second").write_bytes(os.urandom(50_000))
        self.archive()
        self.packs()[0].unlink()
        point = json.loads(self.call("points", "t", "--json").stdout)[-1]["point"]
        lines = self.drill(code=DAMAGED).stdout
        self.assertIn(f"damage: tree/t@{point}: first: ", lines)
        self.assertNotIn(": second: ", lines)
        row = json.loads(self.call("drills", "--json").stdout)[0]
        self.assertEqual(row["result"], "damaged")

    def test_sources_drilled_longest_ago_come_first_and_large_ones_are_left_out(self):
        for name, size in (("small", 10), ("large", 300_000), ("other", 20)):
            (self.tree / "x").write_bytes(b"x" * size)
            self.call("archive", "-q", str(self.tree), "--as", name)
        result = self.drill("--count", "1", "--max-bytes", "100K", "--json")
        self.assertIn("tree/large is left out: 293 KiB are more than 100 KiB", result.stderr)
        self.assertEqual([one["source"] for one in json.loads(result.stdout)], ["tree/other"])
        result = self.drill("--count", "1", "--max-bytes", "100K", "--json")
        self.assertEqual([one["source"] for one in json.loads(result.stdout)], ["tree/small"])
        rows = json.loads(self.call("drills", "--json").stdout)
        self.assertEqual([row["source"] for row in rows], ["tree/large", "tree/other", "tree/small"])

    def test_a_killed_drill_leaves_nothing_that_the_next_one_does_not_remove(self):
        (self.tree / "a").write_text("a\n", encoding="ascii")
        self.archive()
        marker = self.work / "begun"
        schedule = self.schedule({"command": ["sh", "-c", f"echo $$ > {marker}; sleep 100"]})
        command = [BACKUPCTL, "run", str(schedule), "--scratch", str(self.scratch)]
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not marker.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(len(list(self.scratch.iterdir())), 1)
        self.drill()

    def schedule(self, *probes):
        file = self.work / "drill.yaml"
        file.write_text(json.dumps({"jobs": {"drill": {"kind": "drill", "sources": "*", "probes": list(probes)}}}),
                        encoding="utf-8")
        return file

    def test_a_command_gets_the_place_and_its_words_are_the_finding(self):
        (self.tree / "a").write_text("a\n", encoding="ascii")
        point = self.archive()
        script = 'test "$(cat $BACKUPCTL_SCRATCH/a)" = a && echo $BACKUPCTL_SOURCE $BACKUPCTL_POINT is bad >&2; exit 4'
        result = self.call("run", str(self.schedule({"command": ["sh", "-c", script]})), "--scratch", str(self.scratch),
                           "--json", code=1)
        task = json.loads(result.stdout)["jobs"][0]["tasks"][0]
        self.assertEqual(task["message"], f"tree/t@{point}: .: sh ended with code 4: tree/t {point} is bad")

    @unittest.skipUnless(os.geteuid() == 0, "only root has networks of its own")
    def test_a_command_has_no_network_and_no_processes_but_its_own(self):
        (self.tree / "a").write_text("a\n", encoding="ascii")
        self.archive()
        seen = self.work / "seen"
        command = ["sh", "-c", f"cat /proc/net/dev > {seen}; echo $$ >> {seen}"]
        self.call("run", str(self.schedule({"command": command})), "--scratch", str(self.scratch))
        lines = seen.read_text(encoding="ascii").splitlines()
        self.assertEqual([line.split(":")[0].strip() for line in lines[2:-1]], ["lo"])
        self.assertEqual(lines[-1], "1")

    def test_a_program_that_is_missing_is_said_and_is_no_pass(self):
        (self.tree / "a").write_text("a\n", encoding="ascii")
        self.archive()
        result = self.call("run", str(self.schedule({"command": ["no-such-program"]})), "--scratch", str(self.scratch),
                           "--json", code=DEGRADED)
        self.assertIn("the program no-such-program isn't installed", result.stdout)


@needs("sqlite3")
class SQLite(Scene):
    def test_a_whole_database_passes_with_what_is_only_in_its_log(self):
        connection = self.database()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO person (name) VALUES ('late')")
        connection.commit()
        self.assertGreater((self.tree / "app.db-wal").stat().st_size, 0)
        self.archive()
        connection.close()
        self.assertIn("sqlite 1 ok", self.drill().stdout)

    def test_a_torn_page_is_found(self):
        self.database().close()
        with open(self.tree / "app.db", "r+b") as file:
            # The second half of a page is that of an earlier time: here, of none.
            file.seek(5 * 4096 + 2048)
            file.write(bytes(2048))
        self.finds("app.db", "SQLite: ")

    def test_a_database_that_is_cut_short_is_found_below_directories(self):
        (self.tree / "deep/er").mkdir(parents=True)
        self.database("deep/er/app.db").close()
        os.truncate(self.tree / "deep/er/app.db", 8 * 4096)
        self.finds("deep/er/app.db", "SQLite: ")

    def test_without_sqlite3_the_exit_code_says_so(self):
        self.database().close()
        self.archive()
        programs = self.work / "programs"
        programs.mkdir()
        for name in ("timeout", "unshare", "true"):
            os.symlink(shutil.which(name), programs / name)
        self.environment["PATH"] = str(programs)
        result = self.drill(code=TOOL_MISSING)
        self.assertIn("app.db: the probe sqlite couldn't look: the program sqlite3 isn't installed", result.stderr)
        self.assertIn("sqlite 1 unable", result.stdout)


class Dumps(Scene):
    def write(self, text, name="all.sql"):
        (self.tree / name).write_text(text, encoding="ascii")

    def test_whole_dumps_pass(self):
        self.write(dump(3))
        (self.tree / "b.sql.gz").write_bytes(gzip.compress(dump(3).encode()))
        self.write("-- MySQL dump 10.13\n--\nINSERT INTO `t` VALUES (1);\n-- Dump completed on 2026-11-22  5:00:00\n", "m.sql")
        self.write("-- a migration\nCREATE TABLE t (x int);\n", "0001.sql")
        self.archive()
        self.assertIn("dump 3 ok", self.drill().stdout)

    def test_a_truncated_dump_is_found(self):
        self.write(dump(1000)[:9000])
        self.finds("all.sql", "cut short: it doesn't end with `-- PostgreSQL database dump complete`")

    def test_a_truncated_dump_of_mysql_is_found(self):
        self.write("-- MariaDB dump 10.19\n--\nINSERT INTO `t` VALUES (1);\n", "m.sql")
        self.finds("m.sql", "`-- Dump completed`")

    def test_a_compressed_dump_that_is_cut_short_is_found(self):
        (self.tree / "a.sql.gz").write_bytes(gzip.compress(dump(5000).encode())[:-2000])
        self.finds("a.sql.gz", "it can't be decompressed: gzip: ")

    def test_a_compressed_dump_of_nothing_is_found(self):
        (self.tree / "a.sql.gz").write_bytes(gzip.compress(b""))
        self.finds("a.sql.gz", "the dump is empty")

    def test_a_dump_without_rows_is_found_if_an_earlier_one_had_some(self):
        self.write(dump(0))
        first = self.archive()
        self.assertIn("no row of any table, and no earlier one had", self.drill().stderr)
        self.write(dump(10))
        second = self.archive()
        self.assertNotEqual(first, second)
        self.drill()
        self.write(dump(0) + "\n")
        self.finds("all.sql", f"the dump has no row of any table; that of the point {second} had some")

    def test_a_compressed_dump_without_rows_is_found_too(self):
        (self.tree / "a.sql.gz").write_bytes(gzip.compress(dump(10).encode()))
        self.archive()
        (self.tree / "a.sql.gz").write_bytes(gzip.compress(dump(0).encode()))
        self.finds("a.sql.gz", "the dump has no row of any table")


class Cluster(Scene):
    """A data directory that initdb made for the user postgres."""

    @classmethod
    def setUpClass(cls):
        cls.base = pathlib.Path(tempfile.mkdtemp(prefix="bctl-p-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.base, ignore_errors=True)
        cls.base.chmod(0o755)
        user = pwd.getpwnam("postgres")
        cls.account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        (cls.base / "c").mkdir(mode=0o700)
        os.chown(cls.base / "c", user.pw_uid, user.pw_gid)
        cls.control("initdb", "-D", str(cls.base / "c"), "-U", "chief", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")

    @classmethod
    def control(cls, *command, **more):
        subprocess.run([os.path.join(BIN, command[0]), *command[1:]], cwd=cls.base / "c", stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, **cls.account, **more)

    @classmethod
    def sql(cls, text, data=None):
        """Runs statements in a server that runs alone."""
        command = [os.path.join(BIN, "postgres"), "--single", "-D", str(data or cls.base / "c"), "postgres"]
        subprocess.run(command, input=text, cwd=cls.base / "c", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       check=True, **cls.account)


@needs_postgres
class Postgres(Cluster):
    def setUp(self):
        super().setUp()
        subprocess.run(["cp", "-a", str(self.base / "c"), str(self.tree / "pg")], check=True)
        self.data = self.tree / "pg"

    def test_a_whole_directory_passes_and_no_server_is_left(self):
        # What another life has left: a process that lives, a library and an address that there aren't here.
        (self.data / "postmaster.pid").write_text(f"{os.getpid()}\n{self.data}\n", encoding="ascii")
        with open(self.data / "postgresql.conf", "a", encoding="ascii") as file:
            file.write("shared_preload_libraries = 'no_such_library'\nlisten_addresses = '192.0.2.1'\n")
        # As long as the names of volumes are: a socket's path must not become too long of it.
        self.archive("pve/vm-9999-pvc-0c6d3f51-9a5b-4a7e-8f0e-2d4b7c9e1a33/of-a-host-with-a-long-name.example.net")
        result = self.drill("--probe", "postgres")
        self.assertIn("postgres 1 ok", result.stdout)
        self.assertEqual(result.stderr, "")
        left = subprocess.run(["pgrep", "-f", str(self.scratch)], capture_output=True, text=True, check=False).stdout
        self.assertEqual(left, "")

    def test_a_directory_without_its_log_is_found(self):
        for segment in (self.data / "pg_wal").glob("0*"):
            segment.unlink()
        self.finds("pg", "PostgreSQL 15: the directory was copied without its write-ahead log: pg_wal holds no segment"
                   .replace("15", (self.data / "PG_VERSION").read_text(encoding="ascii").strip()), "--probe", "postgres")

    def test_a_log_that_lies_elsewhere_is_found_and_never_followed(self):
        elsewhere = self.work / "elsewhere"
        shutil.move(self.data / "pg_wal", elsewhere)
        os.symlink(elsewhere, self.data / "pg_wal")
        before = sorted((path.name, path.stat().st_mtime_ns) for path in elsewhere.iterdir())
        self.finds("pg", f"isn't in the point: it is a link to {elsewhere}", "--probe", "postgres")
        self.assertEqual(sorted((path.name, path.stat().st_mtime_ns) for path in elsewhere.iterdir()), before)

    def test_a_log_of_zeros_is_found(self):
        for segment in (self.data / "pg_wal").glob("0*"):
            segment.write_bytes(bytes(16 << 20))
        self.finds("pg", "it can't be recovered: could not locate a valid checkpoint record", "--probe", "postgres")

    def test_a_damaged_table_is_found(self):
        if not os.access(os.path.join(BIN, "pg_amcheck"), os.X_OK):
            self.skipTest("there is no pg_amcheck")
        self.sql("CREATE TABLE person AS SELECT n, 'name ' || n AS name FROM generate_series(1, 5000) AS n\n", self.data)
        newest = max((path for path in (self.data / "base/5").glob("[0-9]*") if path.stat().st_size > 100_000
                      and "_" not in path.name), key=lambda path: int(path.name))
        with open(newest, "r+b") as file:
            file.seek(3 * 8192 + 24)
            # Pointers to lines, in use, to where no line can begin.
            file.write(b"\x37\x80\x12\x00")
        self.finds("pg", "postgres.public.person", "--probe", "postgres")

    def test_a_version_that_is_not_installed_is_said_and_is_no_pass(self):
        (self.data / "PG_VERSION").write_text("8.4\n", encoding="ascii")
        self.archive()
        result = self.drill("--probe", "postgres", code=TOOL_MISSING)
        self.assertIn("pg: the probe postgres couldn't look: there is no server of version 8.4", result.stderr)


@needs_postgres
@needs("pg_restore")
class ArchivesOfPgDump(Cluster):
    """What pg_dump itself writes of a database with rows, and of one without."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        where = ["-h", str(cls.base / "out"), "-U", "chief"]
        (cls.base / "out").mkdir()
        os.chown(cls.base / "out", cls.account["user"], cls.account["group"])
        cls.control("pg_ctl", "start", "-w", "-D", ".", "-l", "log", "-o", f"-k {cls.base / 'out'} -c listen_addresses=")
        try:
            cls.control("psql", *where, "-c", "CREATE TABLE person AS SELECT n, md5(n::text) FROM generate_series(1, 20000) AS n",
                        "postgres")
            for name, more in (("whole", ["-Fc"]), ("directory", ["-Fd"]), ("empty", ["-Fc", "--schema-only"])):
                cls.control("pg_dump", *where, *more, "-f", str(cls.base / "out" / name), "postgres")
        finally:
            cls.control("pg_ctl", "stop", "-w", "-D", ".", "-m", "immediate")
        cls.whole = (cls.base / "out/whole").read_bytes()

    def test_whole_ones_pass(self):
        (self.tree / "a").write_bytes(self.whole)
        shutil.copytree(self.base / "out/directory", self.tree / "b")
        self.archive()
        self.assertIn("dump 2 ok", self.drill().stdout)

    def test_one_that_is_cut_short_is_found_wherever_it_ends(self):
        # In its head, in its table of contents, in the rows, and in what ends them.
        for length in (20, 1000, len(self.whole) // 2, len(self.whole) - 1):
            with self.subTest(length=length, whole=len(self.whole)):
                (self.tree / "a").write_bytes(self.whole[:length])
                self.finds("a", "the dump is cut short or damaged: pg_restore: ")

    def test_a_directory_without_the_rows_of_a_table_is_found(self):
        shutil.copytree(self.base / "out/directory", self.tree / "b")
        rows, = (self.tree / "b").glob("*.dat.gz")
        rows.unlink()
        self.finds("b/toc.dat", "the dump is cut short or damaged: pg_restore: ")

    def test_one_without_rows_is_found_if_an_earlier_one_had_some(self):
        (self.tree / "a").write_bytes(self.whole)
        # So that the tree as a whole hasn't shrunk, which would be suspicious by itself.
        (self.tree / "noise").write_bytes(os.urandom(len(self.whole) * 2))
        first = self.archive()
        shutil.copy(self.base / "out/empty", self.tree / "a")
        self.finds("a", f"the dump has no row of any table; that of the point {first} had some")


class Words(Scene):
    def test_a_probe_that_there_is_not_is_a_mistake_of_use(self):
        self.assertIn("did you mean `sqlite`?", self.call("drill", "--probe", "sqlit", code=USAGE).stderr)
        self.call("drill", "--probe", "sqlite", "--no-probes", code=USAGE)


if __name__ == "__main__":
    unittest.main()
