#!/usr/bin/env python3
"""The plug-in postgres-dump with a real PostgreSQL server: what it archives can be restored into another database.

  BACKUPCTL=.build/debug/backupctl python3 Tests/Plugins/test_postgres_dump.py

The server is Debian's, in a directory of its own and on a Unix socket only; it is gone with the test.
"""
import glob
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BACKUPCTL = os.path.abspath(os.environ.get("BACKUPCTL", ".build/debug/backupctl"))
PLUGIN = os.path.join(HERE, "../../plugins/backupctl-kind-postgres-dump")
BIN = (sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2])) or [""])[-1]
ROWS = 60000


def user():
    """Who runs the server, which refuses to be root's; nobody if there is no such user."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None


def missing():
    if not os.access(os.path.join(BIN, "initdb"), os.X_OK):
        return "PostgreSQL is not installed (Debian: postgresql)"
    if user() is None:
        return "there is no user postgres"
    return None


class Server:
    """A cluster in a temporary directory that asks for a password."""

    def __init__(self, work):
        self.work = work
        self.data = os.path.join(work, "data")
        self.environment = {"PATH": BIN + ":" + os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": work,
                            "PGHOST": work, "PGUSER": "chief", "PGPASSFILE": os.path.join(work, "pgpass")}
        with open(os.path.join(work, "password"), "w", encoding="ascii") as file:
            file.write("correct horse\n")
        with open(self.environment["PGPASSFILE"], "w", encoding="ascii") as file:
            file.write("*:*:*:chief:correct horse\n")
        os.chmod(self.environment["PGPASSFILE"], 0o600)
        os.chown(os.path.join(work, "password"), user().pw_uid, user().pw_gid)
        os.chmod(work, 0o755)
        os.mkdir(self.data, 0o700)
        os.chown(self.data, user().pw_uid, user().pw_gid)
        self.sockets = os.path.join(work, "s")
        os.mkdir(self.sockets)
        os.chown(self.sockets, user().pw_uid, user().pw_gid)
        self.environment["PGHOST"] = self.sockets
        self.control("initdb", "-D", self.data, "-U", "chief", "-A", "scram-sha-256", "--no-sync", "-E", "UTF8",
                     "--pwfile", os.path.join(work, "password"))

    def control(self, program, *arguments):
        """Runs a program of the server as its user."""
        command = [os.path.join(BIN, program), *arguments]
        change = {"user": user().pw_uid, "group": user().pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        result = subprocess.run(command, cwd=self.data, env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **change)
        if result.returncode != 0:
            raise AssertionError(f"{command} ended with {result.returncode}: {result.stdout}")

    def start(self):
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.sockets}' -c fsync=off"
        self.control("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.data, "log"), "-o", options, "start")

    def stop(self):
        self.control("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop")

    def psql(self, database, sql):
        result = subprocess.run(["psql", "-w", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"], input=sql,
                                env=self.environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise AssertionError(result.stderr)
        return result.stdout


@unittest.skipIf(missing(), missing() or "")
class PostgresDump(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # A short path: a socket's may have 107 bytes.
        cls.work = tempfile.mkdtemp(prefix="bctl-pg-", dir="/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.work, ignore_errors=True)
        cls.server = Server(cls.work)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.server.psql("postgres", 'CREATE DATABASE app; CREATE DATABASE "odd /name"; CREATE DATABASE scratch_1;')
        cls.server.psql("app", f"""
            CREATE TABLE person (id integer PRIMARY KEY, name text NOT NULL, photo bytea);
            INSERT INTO person SELECT n, 'name ' || n, decode(md5(n::text) || md5((n * 7)::text), 'hex')
              FROM generate_series(1, {ROWS}) AS n;
            CREATE VIEW early AS SELECT * FROM person WHERE id < 10;""")
        cls.server.psql("odd /name", "CREATE TABLE t (x text); INSERT INTO t VALUES ('ä, \\ and \"');")

    def setUp(self):
        self.here = tempfile.mkdtemp(prefix="test-", dir=self.work)
        self.repository = os.path.join(self.here, "repository")
        kinds = os.path.join(self.here, "kinds")
        os.mkdir(kinds, 0o755)
        shutil.copy(PLUGIN, kinds)
        os.chmod(os.path.join(kinds, "backupctl-kind-postgres-dump"), 0o755)
        self.config = os.path.join(self.here, "config.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"repository: {{path: {self.repository}}}\nplugins: [{kinds}]\n"
                       f"state-directory: {self.here}/state\n")
        self.backupctl("init", self.repository)

    def backupctl(self, *arguments, code=0, binary=False, **environment):
        """Runs backupctl as root's systemd would: without what the person's environment has for PostgreSQL."""
        result = subprocess.run(
            [BACKUPCTL, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "BACKUPCTL_CONFIG": self.config, "HOME": self.here,
                 "PGPASSFILE": self.server.environment["PGPASSFILE"], **environment})
        self.assertEqual(result.returncode, code, result.stdout[-2000:] + result.stderr)
        return result.stdout if binary else (result.stdout + result.stderr).decode()

    def run_schedule(self, keys="", code=0, jobs="", **environment):
        path = os.path.join(self.here, "nightly.yaml")
        keys = keys or 'databases: [app, "odd /name"]'
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"jobs:\n  dump: {{kind: postgres-dump, host: {self.server.sockets}, user: chief, {keys}}}\n{jobs}")
        return self.backupctl("run", path, code=code, **environment)

    def points(self):
        """The sources that have points."""
        return {row["source"] for row in json.loads(self.backupctl("points", "--json", binary=True)) if row["points"]}

    def statistics(self, source):
        return json.loads(self.backupctl("show", source, "--json", binary=True))["statistics"]

    def rows(self, database):
        return self.server.psql(database, "SELECT count(*), md5(string_agg(p::text, ',' ORDER BY id)) FROM person p;"
                                "SELECT count(*) FROM early;")

    def test_restores_what_it_archived_into_another_database(self):
        said = self.run_schedule(jobs="  check: {kind: verify, of: dump}\n  rehearsal: {kind: drill, of: dump}\n")
        self.assertIn(" of nightly: ok in", said)
        self.assertRegex(said, r"\d+ bytes by pg_dump \d+[.\d]* from PostgreSQL \d+")
        self.assertEqual(self.points(), {"stream/pg/app", "stream/pg/odd%20%2Fname"})
        dump = self.backupctl("cat", "stream/pg/app", "app.sql", binary=True).decode()
        self.assertEqual(len(dump), self.statistics("stream/pg/app")["bytes"])
        self.server.psql("postgres", "DROP DATABASE IF EXISTS again; CREATE DATABASE again")
        self.server.psql("again", dump)
        self.assertEqual(self.rows("again"), self.rows("app"))
        self.assertTrue(self.rows("app").startswith(str(ROWS)))
        # The other one through a restore into a directory.
        target = os.path.join(self.here, "restored")
        self.backupctl("restore", "stream/pg/odd%20%2Fname", "--to", target, "--verify")
        with open(os.path.join(target, "odd%20%2Fname.sql"), encoding="utf-8") as file:
            self.server.psql("postgres", "DROP DATABASE IF EXISTS odd; CREATE DATABASE odd")
            self.server.psql("odd", file.read())
        self.assertEqual(self.server.psql("odd", "SELECT x FROM t"), 'ä, \\ and "\n')

    def test_stores_little_when_nothing_changed(self):
        self.run_schedule("databases: app")
        first = self.statistics("stream/pg/app")
        self.run_schedule("databases: app")
        second = self.statistics("stream/pg/app")
        self.assertEqual(second["bytes"], first["bytes"])
        # pg_dump writes a random word at the beginning and the end, so the first and the last chunk are new.
        self.assertLess(second["newChunks"], 3)
        self.assertLess(second["storedBytes"], first["storedBytes"] / 2)

    def test_custom_format_restores_and_stores_little_when_nothing_changed(self):
        self.run_schedule("databases: app, format: custom, options: [--no-owner]")
        first = self.statistics("stream/pg/app")
        self.run_schedule("databases: app, format: custom, options: [--no-owner]")
        self.assertLess(self.statistics("stream/pg/app")["newBytes"], first["newBytes"] / 2)
        path = os.path.join(self.here, "app.dump")
        with open(path, "wb") as file:
            file.write(self.backupctl("cat", "stream/pg/app", "app.dump", binary=True))
        self.server.psql("postgres", "DROP DATABASE IF EXISTS custom; CREATE DATABASE custom")
        subprocess.run(["pg_restore", "-w", "-d", "custom", path], env=self.server.environment, check=True)
        self.assertEqual(self.rows("custom"), self.rows("app"))

    def test_archives_all_databases_but_the_excluded_ones(self):
        self.run_schedule("all: true, exclude: [scratch_*, again, custom, odd], prefix: db/main")
        self.assertEqual(
            self.points(), {"stream/db/main/app", "stream/db/main/odd%20%2Fname", "stream/db/main/postgres"})

    def test_makes_no_point_of_a_database_that_does_not_exist_and_archives_the_others(self):
        said = self.run_schedule("databases: [app, nowhere]", code=1)
        self.assertIn('database "nowhere" does not exist', said)
        self.assertEqual(self.points(), {"stream/pg/app"})

    def test_makes_no_point_when_the_server_is_stopped(self):
        self.server.stop()
        self.addCleanup(self.server.start)
        said = self.run_schedule("databases: app, retry: {attempts: 2, backoff: 0s}", code=1)
        self.assertIn("attempt 2", said)
        self.assertIn("pg_dump of app: ", said)
        self.assertIn("Is the server running", said)
        self.assertIn("psql: ", self.run_schedule("all: true", code=1))
        self.assertEqual(self.points(), set())

    def test_makes_no_point_without_the_password_and_does_not_ask_for_it(self):
        said = self.run_schedule("databases: app", code=1, PGPASSFILE="/nonexistent")
        self.assertIn("no password supplied", said)
        self.assertEqual(self.points(), set())

    def test_refuses_keys_that_cannot_be_meant(self):
        for keys, message in (
                ("databases: app, all: true", "give either `databases: [NAME…]` or `all: true`"),
                ("databases: app, exclude: x", "`exclude` goes with `all: true` only"),
                ("databases: app, format: tar", "`format` is neither `plain` nor `custom`"),
                ("databases: app, options: [-f/tmp/x]", "`options` has `-f/tmp/x`"),
                ("databases: app, options: [--file=x]", "`options` has `--file=x`"),
                ("databases: app, port: x", "`port` is not a number")):
            self.assertIn(message, self.run_schedule(keys, code=1))
        self.assertIn("unknown key `database` in job `dump`", self.run_schedule("database: app", code=64))
        self.assertIn("did you mean `databases`?", self.run_schedule("database: app", code=64))


if __name__ == "__main__":
    unittest.main()
