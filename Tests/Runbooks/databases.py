"""The runbooks about databases, with real servers that the world starts."""
import pathlib

from runbook import NFS, Runbook, needs
from worlds import HOUR


@needs("postgresql", "pg_createcluster")
class RestorePostgreSQL(Runbook):
    page = "restore-postgresql.md"

    def test_restore_postgresql(self):
        world = self.begin()
        self.configure(NFS, "{name: postgresql, path: /var/lib/postgresql}")
        version = sorted(pathlib.Path("/usr/lib/postgresql").iterdir(), key=lambda path: int(path.name))[-1].name
        # By its own tool: Debian's takes seconds to look whether it is up. A stop of what is down is no failure.
        world.unit("postgresql", f"""#!/bin/sh
            runuser -u postgres -- /usr/lib/postgresql/{version}/bin/pg_ctl "$1" --silent --mode=fast \\
              --pgdata=/var/lib/postgresql/{version}/main --log=/var/log/postgresql/main.log \\
              --options="--config_file=/etc/postgresql/{version}/main/postgresql.conf --listen_addresses=" || [ "$1" = stop ]
            """)
        world.run(f"""install -d -o postgres /etc/postgresql /var/lib/postgresql /var/log/postgresql /run/postgresql
            pg_createcluster --pgoption fsync=off {version} main -- --auth=trust --no-sync --wal-segsize=1 --encoding=UTF8 --locale=C
            systemctl start postgresql
            runuser -u postgres -- createuser wiki
            runuser -u postgres -- createuser gitea
            runuser -u postgres -- createdb --owner=wiki wiki
            runuser -u postgres -- createdb --owner=gitea gitea
            psql -q -U wiki wiki -c 'CREATE TABLE page AS SELECT n AS id, $$text $$ || n AS body FROM generate_series(1, 500) AS n'
            psql -q -U gitea gitea -c 'CREATE TABLE repository AS SELECT n AS id FROM generate_series(1, 40) AS n'
            mkdir /srv/nfs/wiki-backup /srv/nfs/gitea-backup
            runuser -u postgres -- pg_dump -Fc wiki > /srv/nfs/wiki-backup/wiki.dump
            runuser -u postgres -- pg_dump gitea > /srv/nfs/gitea-backup/gitea.sql
            systemctl stop postgresql""")
        world.archive("nfs", "postgresql", age=5 * HOUR)
        world.service("wiki", "/srv")
        world.run("""systemctl start postgresql
            psql -q -U wiki wiki -c 'DELETE FROM page WHERE id > 3'""")

        world.follow("From a dump")
        self.assertEqual(self.ask("wiki", "SELECT count(*), sum(id) FROM page"), "500|125250")
        self.assertEqual(self.ask("wiki_broken", "SELECT count(*) FROM page"), "3")
        world.follow("A plain dump")
        self.assertEqual(self.ask("gitea_restored", "SELECT count(*), sum(id) FROM repository"), "40|820")
        world.run(f"""psql -q -U wiki wiki -c 'DELETE FROM page'
            systemctl stop postgresql
            truncate -s 0 /var/lib/postgresql/{version}/main/global/pg_control""")
        world.run("systemctl start postgresql", code=1)
        world.follow("From the data directory")
        self.assertEqual(self.ask("wiki", "SELECT count(*), sum(id) FROM page"), "500|125250")
        world.follow("Take it back")
        world.run("systemctl start postgresql", code=1)
        self.finish()

    def ask(self, database, question):
        return self.world.run(f"psql -U {database.split('_')[0]} -d {database} -Atc '{question}'").strip()


@needs("mariadb-server", "mariadb-install-db")
class RestoreMySQL(Runbook):
    page = "restore-mysql.md"

    def test_restore_mysql(self):
        world = self.begin()
        self.configure(NFS)
        world.write("/etc/mysql/mariadb.conf.d/99-small.cnf", "[mysqld]\nskip-networking\ninnodb_log_file_size=4M\n"
                    "innodb_buffer_pool_size=16M\ninnodb_temp_data_file_path=ibtmp1:1M:autoextend\n")
        world.run("""install -d -o mysql /var/lib/mysql /var/log/mysql /run/mysqld
            mariadb-install-db --user=mysql --skip-test-db
            setsid mariadbd --user=mysql &
            for i in {1..600}; do if mariadb-admin ping; then break; fi; sleep 0.1; done
            mariadb -e 'CREATE DATABASE wiki; CREATE USER wiki@localhost; GRANT ALL ON wiki.* TO wiki@localhost'
            mariadb wiki -e 'CREATE TABLE page (id INT PRIMARY KEY, body TEXT);
              INSERT INTO page SELECT seq, concat("text ", seq) FROM seq_1_to_500;
              CREATE FUNCTION pages() RETURNS INT RETURN (SELECT count(*) FROM page)'
            mkdir /srv/nfs/wiki-backup
            mariadb-dump --single-transaction --routines wiki > /srv/nfs/wiki-backup/wiki.sql""")
        world.archive("nfs", age=5 * HOUR)
        world.service("wiki", "/srv")
        world.run("mariadb wiki -e 'DROP FUNCTION pages; DELETE FROM page WHERE id > 3'")

        world.follow("Get the dump")
        world.follow("Try it")
        self.assertEqual(self.ask("SELECT count(*) FROM page"), "3")
        world.follow("Put it in place")
        self.assertEqual(self.ask("SELECT pages(), sum(id) FROM page"), "500\t125250")
        self.assertIn("INSERT INTO `page` VALUES\n(1,'text 1'),\n(2,'text 2'),\n(3,'text 3');",
                      world.path("/var/tmp/wiki-broken.sql").read_text(encoding="utf-8"))
        self.assertEqual(world.run("mariadb -Ne 'SHOW DATABASES LIKE \"wiki%\"'").strip(), "wiki")
        self.finish()

    def ask(self, question):
        return self.world.run(f"mariadb --user=wiki wiki -Ne '{question}'").strip()
