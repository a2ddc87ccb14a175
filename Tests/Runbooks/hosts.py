"""The runbooks about services, files and hosts."""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

from runbook import NFS, Runbook
from worlds import DAY, HOUR, content


class RestoreAService(Runbook):
    page = "restore-a-service.md"

    def test_restore_a_service(self):
        world = self.begin()
        self.configure(NFS)
        wiki, dumps = world.path("/srv/nfs/wiki"), world.path("/srv/nfs/wiki-backup")
        world.write("/srv/nfs/wiki/index.html", "<h1>Wiki of last week</h1>\n")
        world.write("/srv/nfs/wiki/media/photo", os.urandom(8 << 20))
        world.write("/srv/nfs/wiki-backup/wiki.sql", "SELECT 1;\n")
        world.write("/srv/nfs/wiki/data/wiki.db", database(100))
        world.archive("nfs", age=3 * DAY)
        older = content(wiki)
        world.write("/srv/nfs/wiki/index.html", "<h1>Wiki</h1>\n")
        world.write("/srv/nfs/wiki/data/wiki.db", database(200))
        world.archive("nfs", age=5 * HOUR)
        good = content(wiki), content(dumps)
        world.service("wiki", "/srv/nfs/wiki")
        (wiki / "index.html").unlink()
        (wiki / "data/wiki.db").write_bytes(b"damaged")
        broken = content(wiki)

        world.follow("Look")
        self.assertEqual(content(wiki), broken)
        world.follow("Restore")
        self.assertEqual((content(wiki), content(dumps)), good)
        self.assertEqual(world.works_in("wiki"), "/srv/nfs/wiki")
        world.follow("Take it back")
        self.assertEqual(content(wiki), older)
        self.assertEqual(world.works_in("wiki"), "/srv/nfs/wiki")
        world.follow("Free the space")
        kept = [path.name for path in world.path("/srv/nfs").glob(".backupctl-restore-*")]
        self.assertEqual([name for name in kept if world.ids["20261122T070000Z"] + "-" in name], [])
        self.assertEqual(len(kept), 2, "what the second restore keeps is there")
        self.interrupt(wiki)
        world.follow("If it was interrupted")
        self.assertEqual((content(wiki), content(dumps)), good)
        self.finish()

    def interrupt(self, tree):
        """Leaves a restore that was killed while it worked."""
        for _ in range(20):
            (tree / "media/photo").write_bytes(b"damaged")
            self.world.run("""before=(/srv/nfs/.backupctl-restore-*) now=("${before[@]}")
                backupctl restore wiki --in-place --yes & id=$!
                while [ ${#now[@]} -eq ${#before[@]} ] && kill -0 $id; do now=(/srv/nfs/.backupctl-restore-*); done
                kill -9 $id; wait $id || true""")
            if "unfinished" in self.world.run("backupctl restore list"):
                return
        self.fail("no restore could be interrupted")


class RestoreASingleFile(Runbook):
    page = "restore-a-single-file.md"

    def test_restore_a_single_file(self):
        world = self.begin()
        self.configure(NFS)
        settings, plan = world.path("/srv/nfs/wiki/conf/settings.php"), world.path("/srv/nfs/wiki/media/2026/plan.pdf")
        world.write("/srv/nfs/wiki/conf/settings.php", "$name = 'Wiki';\n$debug = false;\n")
        world.write("/srv/nfs/wiki/media/2026/plan.pdf", os.urandom(100_000))
        os.chown(settings, 33, 33)
        world.archive("nfs", age=3 * DAY)
        good = content(world.path("/srv/nfs/wiki"))
        settings.write_text("$name = 'Wiki';\n$debug = true;\n", encoding="ascii")
        world.archive("nfs", age=5 * HOUR)
        shutil.rmtree(plan.parent)
        world.follow("Find it")
        world.follow("Look at it")
        self.assertFalse(plan.exists())
        self.assertIn("true", settings.read_text(encoding="ascii"))
        world.follow("Get it back")
        self.assertEqual(content(world.path("/srv/nfs/wiki")), good)
        self.assertEqual((settings.stat().st_uid, settings.stat().st_gid), (33, 33))
        self.finish()


class RecoverAnNFSMount(Runbook):
    page = "recover-an-nfs-mount.md"

    def test_recover_an_nfs_mount(self):
        world = self.begin()
        self.configure(NFS)
        nfs = world.path("/srv/nfs")
        world.write("/srv/nfs/wiki/index.html", "<h1>Wiki</h1>\n")
        world.write("/srv/nfs/git/repository/HEAD", "ref: refs/heads/main\n")
        world.write("/srv/nfs/README", "Ask the administrator.\n")
        world.archive("nfs", age=5 * HOUR)
        good = content(nfs)
        world.write("/etc/exports", "".join(f"{path} 10.0.0.0/24(rw,no_subtree_check)\n" for path in ("/srv/nfs", "/srv/nfs/git")))
        for name in ("etab", "rmtab"):
            world.write("/var/lib/nfs/" + name, "")
        if shutil.which("exportfs"):
            world.run("exportfs -ra")
        mounted_by_clients = (nfs / "git").stat().st_ino
        shutil.rmtree(nfs / "wiki")
        (nfs / "git/repository/HEAD").write_bytes(bytes(21))
        world.follow("Look")
        world.follow("Restore one directory")
        self.assertEqual(self.live(nfs), good)
        if shutil.which("exportfs"):
            self.assertEqual((nfs / "git").stat().st_ino, mounted_by_clients, "clients needn't mount it anew")
        for path in list(nfs.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        world.follow("Restore all of it to a new disk")
        self.assertEqual(self.live(nfs), good)
        world.follow("Export again")
        if shutil.which("exportfs"):
            exported = world.path("/var/lib/nfs/etab").read_text(encoding="utf-8").splitlines()
            self.assertEqual(sorted(line.split("\t")[0] for line in exported), ["/srv/nfs", "/srv/nfs/git"])
        world.follow("On the clients")
        self.finish()

    def live(self, nfs):
        return {path: data for path, data in content(nfs).items() if not path.startswith(".backupctl-restore-")}


class OntoANewHost(Runbook):
    page = "onto-a-new-host.md"

    def test_onto_a_new_host(self):
        world = self.begin()
        world.run("truncate --size=2G /var/backup-disk")
        made = subprocess.run(["losetup", "--find", "--show", world.path("/var/backup-disk")], capture_output=True, text=True,
                              check=False)
        if made.returncode:
            self.skipTest(f"there is no loop device: {made.stderr.strip()}")
        loop = made.stdout.strip()
        # Detached now, it goes when the last one closes it, come what may.
        held = os.open(loop, os.O_RDONLY)
        self.addCleanup(os.close, held)
        subprocess.run(["losetup", "--detach", loop], check=True)
        number = os.stat(loop).st_rdev
        # A /dev with the disk under the name that the page has.
        world.run(f"""mkdir /run/world/dev
            mount -t tmpfs -o mode=755 tmpfs /run/world/dev
            cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /run/world/dev
            ln -s /proc/self/fd /run/world/dev/fd
            mknod /run/world/dev/sdb1 b {os.major(number)} {os.minor(number)}
            mkfs.ext4 -q -L backup /run/world/dev/sdb1
            mount /run/world/dev/sdb1 /mnt/backup
            mount --move /run/world/dev /dev""")
        self.configure(NFS, "{name: etc, path: /etc}",
                       streams=['{name: databases, command: [echo, "SELECT 1;"], file: all.sql}'])
        nfs, etc = world.path("/srv/nfs"), world.path("/etc")
        world.write("/srv/nfs/wiki/index.html", "<h1>Wiki</h1>\n")
        world.write("/srv/nfs/wiki-backup/wiki.sql", "SELECT 2;\n")
        world.write("/srv/nfs/git/repository/HEAD", "ref: refs/heads/main\n")
        world.write("/srv/nfs/README", "Ask the administrator.\n")
        world.archive("nfs", "etc", "databases")
        good, configuration = content(nfs), content(etc / "backupctl")
        world.follow("While all is well")
        # The old host is gone; the new one has nothing of it.
        world.run("""umount /mnt/backup
            umount /usr/local/bin/backupctl
            rm -rf /usr/local/bin/backupctl /srv/nfs /etc/backupctl /var/lib/backupctl /mnt/backup""")
        world.follow("Mount the disk")
        world.follow("Install backupctl")
        world.follow("Restore the services")
        self.assertEqual(content(nfs), good)
        self.assertEqual(world.path("/var/tmp/databases/all.sql").read_text(encoding="ascii"), "SELECT 1;\n")
        self.assertIn("ro,", world.run("findmnt -no OPTIONS /mnt/backup"), "nothing was written to the backup")
        world.follow("Back up again")
        self.assertEqual(content(etc / "backupctl"), configuration)
        self.assertEqual(len(json.loads(world.run("backupctl points nfs/wiki --json"))), 2)
        self.finish()


class WithoutBackupctl(Runbook):
    page = "without-backupctl.md"

    def test_without_backupctl(self):
        world = self.begin()
        dump = "".join(f"INSERT INTO page VALUES ({number}, '{os.urandom(20).hex()}');\n" for number in range(60_000))
        world.write("/srv/all.sql", dump)
        self.configure(NFS, streams=["{name: databases, command: [cat, /srv/all.sql], file: all.sql}"])
        wiki, settings = world.path("/srv/nfs/wiki"), world.path("/srv/nfs/wiki/conf/settings.php")
        world.write("/srv/nfs/wiki/conf/settings.php", "$name = 'Wiki';\n$debug = false;\n")
        world.write("/srv/nfs/wiki/media/plan.pdf", os.urandom(100_000))
        os.chown(settings, 33, 33)
        world.archive("nfs", age=3 * DAY)
        first = content(wiki)
        world.write("/srv/nfs/wiki/conf/settings.php", "$name = 'Wiki';\n$debug = true;\n")
        world.archive("nfs", age=5 * HOUR)
        # The name of the point stands in the pack too, so it isn't made older.
        world.archive("databases")
        newest = content(wiki)
        world.write("/srv/nfs/wiki/conf/settings.php", "$name = 'Other';\n")
        replaced = content(wiki)
        world.run("""backupctl restore nfs/wiki --in-place --yes
            umount /usr/local/bin/backupctl
            rm -rf /usr/local/bin/backupctl /etc/backupctl /var/lib/backupctl
            mount -o remount,bind,ro /mnt/backup""")
        (wiki / "media/plan.pdf").write_bytes(b"damaged")
        world.follow("See what is there")
        world.follow("With rescue.py")
        self.assertEqual(content(wiki), newest)
        self.assertEqual((settings.stat().st_uid, settings.stat().st_gid), (33, 33))
        conf = {path: data for path, data in first.items() if path.startswith("conf")}
        self.assertEqual(content(world.path("/var/tmp/wiki-conf")), conf)
        self.assertEqual(world.path("/var/tmp/settings.php").read_bytes(), first["conf/settings.php"])
        self.assertEqual(world.path("/var/tmp/databases/all.sql").read_text(encoding="ascii"), dump)
        world.follow("With tar and zstd alone")
        self.assertEqual(content(world.path("/var/tmp/wiki-first")), first)
        self.assertEqual(world.path("/var/tmp/settings-later.php").read_bytes(), newest["conf/settings.php"])
        self.assertEqual(world.path("/var/tmp/all.sql").read_text(encoding="ascii"), dump)
        world.follow("Take back a restore in place by hand")
        self.assertEqual(content(wiki), replaced)
        self.finish()


def database(rows):
    """The bytes of a database of SQLite, which would not open a file by the name that it has outside of its world."""
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        connection = sqlite3.connect(file.name)
        connection.execute("CREATE TABLE page (id INTEGER PRIMARY KEY, body TEXT)")
        connection.executemany("INSERT INTO page (body) VALUES (?)", ((f"text {number}",) for number in range(rows)))
        connection.commit()
        connection.close()
        return pathlib.Path(file.name).read_bytes()
